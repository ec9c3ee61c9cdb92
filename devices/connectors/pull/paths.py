"""Paths into an answer: JMESPath (jmespath.org), compiled once. Pure."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

PLAIN = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)


class PathError(ValueError):
    """The path itself, or what it does with this answer, is wrong; the message says how."""


@cache
def compiled(path: str) -> Callable[[Any], Any]:
    """Raises `PathError` where it is no JMESPath; what it gives may raise it, too."""
    if PLAIN.fullmatch(path):
        return _steps(tuple(path.split(".")))
    try:
        expression = jmespath.compile(path)
    except JMESPathError as fault:
        raise PathError(" ".join(str(fault).split("\n")[0].split())) from None

    def search(answer: Any) -> Any:
        try:
            return expression.search(answer)
        except JMESPathError as fault:
            raise PathError(str(fault)) from None

    return search


def search(path: str, answer: Any) -> Any:
    """None where there is nothing."""
    return compiled(path)(answer)


def _steps(names: tuple[str, ...]) -> Callable[[Any], Any]:
    """What nearly every path is: names one after the other. The same as the library's, ten times as fast."""

    def search(answer: Any) -> Any:
        for name in names:
            if not isinstance(answer, dict):
                return None
            answer = answer.get(name)
        return answer

    return search
