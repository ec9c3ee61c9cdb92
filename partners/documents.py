"""Bodies as JSON documents, strictly (contract §1): pure."""

import json
from typing import Any, NoReturn

import orjson

from texture_portal.refusals import Refusal

MOST_NESTING = 32  # contract §1
HOLDERS = (dict, list)


def parse(body: bytes) -> Any:
    """Raises `malformed_json` for anything but one well-formed document."""
    if (document := _parse_plain(body)) is not None:
        return document
    try:
        document = json.loads(body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_constant)
        if b"\\u" in body:  # only escapes can bring in lone surrogates, and these cannot be encoded
            json.dumps(document, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        _malformed("A string holds half of a surrogate pair.")
    except UnicodeDecodeError:
        _malformed("The body is not UTF-8.")
    except RecursionError:
        _too_deep()
    except json.JSONDecodeError as fault:
        _malformed(f"{fault.msg} (line {fault.lineno}, column {fault.colno}).")
    except ValueError as fault:
        _malformed(str(fault))
    _check_nesting(document)
    return document


def _parse_plain(body: bytes) -> Any:
    """The quick way: thousands of readings in a body. None where it is not plain, and must be looked at closely.

    Without escapes there are two quotes to each name and each string, so a name that came twice shows in their number.
    """
    if b"\\" in body:
        return None
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    _check_nesting(document)  # before it is written: that has a limit of its own
    return document if body.count(b'"') == orjson.dumps(document).count(b'"') else None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("A name comes twice in one object.")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON.")


def _check_nesting(document: Any) -> None:
    level = [document] if type(document) in HOLDERS else []
    for _ in range(MOST_NESTING):
        level = [
            child for one in level for child in (one.values() if type(one) is dict else one) if type(child) in HOLDERS
        ]
        if not level:
            return
    _too_deep()


def _too_deep() -> NoReturn:
    _malformed(f"The document is nested more than {MOST_NESTING} deep.")


def _malformed(detail: str) -> NoReturn:
    raise Refusal("malformed_json", detail)
