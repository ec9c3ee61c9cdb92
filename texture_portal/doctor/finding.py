from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAULT = "FAULT"


@dataclass(frozen=True, slots=True)
class Finding:
    """`remedy` is what to do, where there is something to do."""

    about: str
    verdict: Verdict
    said: str
    remedy: str = ""


Look = Callable[[], Iterator[Finding]]


def ok(about: str, said: str) -> Finding:
    return Finding(about, Verdict.OK, said)


def warning(about: str, said: str, remedy: str) -> Finding:
    return Finding(about, Verdict.WARNING, said, remedy)


def fault(about: str, said: str, remedy: str) -> Finding:
    return Finding(about, Verdict.FAULT, said, remedy)
