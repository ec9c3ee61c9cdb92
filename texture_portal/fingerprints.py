"""The digest of a row: SHA-256 over its columns in one written form, so that anybody can compute it again. Pure.

The form is JSON with sorted names and no spaces, in UTF-8; binary values in hex, instants in UTC with microseconds.
Columns that are null are left out: one that is added later, and is null in the rows of before, changes no digest.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
PLAIN = frozenset({str, int, bool, float})  # the most by far


def fingerprint(columns: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(written(plain_columns(columns))).digest()


def plain_columns(columns: Mapping[str, Any]) -> dict[str, Any]:
    """As they stand in the written form: JSON values only, none of them null."""
    return {name: plain(value) for name, value in columns.items() if value is not None}


def written(document: Any) -> bytes:
    return ENCODER.encode(document).encode()


def plain(value: Any) -> Any:
    if type(value) in PLAIN:
        return value
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str(value)
