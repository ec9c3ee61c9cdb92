"""Bodies as JSON documents, strictly (contract §1): pure."""

import json
from typing import Any, NoReturn

from texture_portal.refusals import Refusal

MOST_NESTING = 32  # contract §1


def parse(body: bytes) -> Any:
    """Raises `malformed_json` for anything but one well-formed document."""
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


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("A name comes twice in one object.")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON.")


def _check_nesting(document: Any) -> None:
    level = [document] if isinstance(document, dict | list) else []
    for _ in range(MOST_NESTING):
        inner = (child for one in level for child in (one.values() if isinstance(one, dict) else one))
        level = [child for child in inner if isinstance(child, dict | list)]
        if not level:
            return
    _too_deep()


def _too_deep() -> NoReturn:
    _malformed(f"The document is nested more than {MOST_NESTING} deep.")


def _malformed(detail: str) -> NoReturn:
    raise Refusal("malformed_json", detail)
