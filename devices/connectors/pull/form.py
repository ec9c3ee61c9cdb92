"""Whether a document has the form that `document.schema.json` gives it. Each fault says what stands there instead."""

import difflib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from devices.connectors.pull.faults import Fault

SCHEMA: dict[str, Any] = json.loads(Path(__file__).with_name("document.schema.json").read_text(encoding="utf-8"))
_VALIDATOR = Draft202012Validator(SCHEMA)


def faults(raw: Any, *, validator: Draft202012Validator = _VALIDATOR) -> list[Fault]:
    found = [fault for error in validator.iter_errors(raw) for fault in _told(error)]
    return sorted(found, key=lambda fault: fault.at)


def _told(error: ValidationError) -> Iterator[Fault]:
    """Of alternatives, what is wrong with the one that was meant."""
    if error.validator == "anyOf" and error.context:
        meant = "nested" if isinstance(error.instance, dict) and "fields" in error.instance else "field"
        wanted = 2 if meant == "nested" else 1 if isinstance(error.instance, dict) else 0
        for inner in error.context:
            if inner.schema_path[0] == wanted:
                yield from _told(inner)
        return
    at = _place(error)
    match error.validator:
        case "additionalProperties":
            yield from _unknown(error, at)
        case "required":
            missing = error.message.split("'")[1]
            yield Fault(
                f"{at}.{missing}".lstrip("."), "required", f"This is missing. {_meaning(error, missing)}".strip()
            )
        case "enum":
            yield Fault(at, "invalid", f"Must be one of {', '.join(map(str, error.validator_value))}.")
        case _:
            yield Fault(at or "document", "invalid", f"{error.message}. {error.schema.get('description', '')}".strip())


def _unknown(error: ValidationError, at: str) -> Iterator[Fault]:
    known = list(error.schema["properties"])
    for name in error.instance:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {close[0]}?" if close else f"Known here: {', '.join(known)}."
            yield Fault(f"{at}.{name}".lstrip("."), "unknown_member", f"There is no such member here. {hint}")


def _meaning(error: ValidationError, name: str) -> str:
    of_member = error.schema.get("properties", {}).get(name, {})
    found: str = of_member.get("description", "") or error.schema.get("description", "")
    return found


def _place(error: ValidationError) -> str:
    place = ""
    for part in error.absolute_path:
        place += f"[{part}]" if isinstance(part, int) else f".{part}"
    return place.lstrip(".")
