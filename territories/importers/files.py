"""Reading files that people hand us: what is wrong with one is said with its name, the place and a remedy."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any


class BadFileError(Exception):
    """The file cannot be imported at all; what is in force stays as it is."""

    def __init__(self, path: Path, fault: str, *, remedy: str, where: str = "") -> None:
        place = f"{path}, {where}" if where else str(path)
        super().__init__(f"{place}: {fault} Remedy: {remedy}")


def read_bytes(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise BadFileError(path, f"It cannot be read ({fault.strerror}).", remedy="name a file that exists.") from None
    if not content.strip():
        raise BadFileError(path, "It is empty.", remedy="fetch it again.")
    return content


def digest(*paths: Path) -> str:
    """SHA-256 over the files' contents, in the order given."""
    total = hashlib.sha256()
    for path in paths:
        total.update(hashlib.sha256(read_bytes(path)).digest())
    return total.hexdigest()


def read_text(path: Path) -> str:
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise BadFileError(
            path, f"It is not UTF-8 text (byte {fault.start}).", remedy="convert it, for example with iconv."
        ) from None


def parse_json(text: str, path: Path, *, where: str = "") -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as fault:
        raise BadFileError(
            path, f"It is not JSON, or cut short ({fault}).", remedy="fetch it again.", where=where
        ) from None


def read_json_rows(path: Path) -> list[Any]:
    rows = parse_json(read_text(path), path)
    if not isinstance(rows, list):
        raise BadFileError(path, "It is not a JSON list of rows.", remedy="name a file of CommonGrid's form.")
    if not rows:
        raise BadFileError(path, "It has no rows.", remedy="fetch it again.")
    return rows


def read_csv_rows(path: Path, *, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """(line number, row) of a table with a header; lines that begin with # before it are comments."""
    lines = read_text(path).splitlines()
    start = next((i for i, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    reader = csv.DictReader(io.StringIO("\n".join(lines[start:])))
    missing = [column for column in columns if column not in (reader.fieldnames or [])]
    if missing:
        raise BadFileError(
            path,
            f"Its header lacks {', '.join(missing)}.",
            remedy=f"name a CSV file whose header has {', '.join(columns)}.",
            where=f"line {start + 1}",
        )
    for row in reader:
        yield (
            start + reader.line_num,
            {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)},
        )
