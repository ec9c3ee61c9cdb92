"""The columns of a file of enrollments: one table that makes the template, reads the cells and names the faults.

Column names are the contract's field names with dots; cells become the document that the API would take.
"""

import difflib
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from devices.kinds import RATINGS

Cell = Any  # a string, or of a spreadsheet also a number, a truth value, a date or a time
LONGEST_WHOLE = 10**15  # beyond this a spreadsheet's number has lost digits
YES, NO = {"true", "yes", "y", "1"}, {"false", "no", "n", "0"}
SEPARATORS = re.compile(r"[\s,;|]+")
SHEET_ERROR = re.compile(r"#(ERROR|N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!)")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


class CellError(Exception):
    """What is in the cell cannot be what the column holds; says what to do about it."""


@dataclass(frozen=True, slots=True)
class Column:
    """`name` is where it goes in the document; `read` makes of a cell what stands there."""

    name: str
    read: Callable[[Cell], Any]
    example: str
    is_required: bool = False
    help: str = ""

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(self.name.split("."))

    @property
    def pointer(self) -> str:
        return "/" + "/".join(self.path)


def _check_plain(cell: Cell) -> None:
    if isinstance(cell, str) and cell.lstrip().startswith("="):
        raise CellError("Holds a formula. Remedy: paste the value in its place.")
    if isinstance(cell, str) and SHEET_ERROR.fullmatch(cell.strip()):
        raise CellError("Holds an error of the spreadsheet. Remedy: type the value in its place.")


def _text(cell: Cell) -> str:
    if isinstance(cell, bool | datetime | date):
        raise CellError("Holds a truth value or a date, not text. Remedy: format the cell as text and type it again.")
    if isinstance(cell, int | float):
        if not abs(cell) < LONGEST_WHOLE or cell != int(cell):  # the first holds for no NaN
            raise CellError("Holds a number that lost digits. Remedy: format the column as text and type it again.")
        return str(int(cell))
    return str(cell)


def _flag(cell: Cell) -> bool:
    said = _text(cell).strip().lower() if not isinstance(cell, bool) else str(cell).lower()
    if said not in YES | NO:
        raise CellError("Must be true or false. Remedy: write true or false.")
    return said in YES


def _number(cell: Cell) -> float:
    if isinstance(cell, int | float) and not isinstance(cell, bool) and math.isfinite(cell):
        return cell
    said = _text(cell).strip()
    if not NUMBER.fullmatch(said):
        raise CellError("Must be a number. Remedy: write digits with a point, as 13500 or 37.99, without a unit.")
    return float(said)


def _day(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date) else _text(cell).strip()


def _instant(cell: Cell) -> str:
    """A spreadsheet's own times have no zone, and when a consent was given must be beyond doubt."""
    if isinstance(cell, datetime | date):
        raise CellError(
            "Holds a time without its zone. Remedy: format the column as text and write it as 2026-05-01T17:03:00Z."
        )
    return _text(cell).strip()


def _list(cell: Cell) -> list[str]:
    return [each for each in SEPARATORS.split(_text(cell).strip()) if each]


DAY_HELP = "A date as 2026-05-01."
INSTANT_HELP = "A time with its zone as 2026-05-01T17:03:00Z, as text."
LIST_HELP = "Several with a space between them."

COLUMNS = (
    Column("device.manufacturerDeviceId", _text, "PW3-00017-A", True, "The id that never changes."),
    Column("device.serialNumber", _text, "TG123456789", True),
    Column("device.manufacturer", _text, "Acme Energy", True),
    Column("device.model", _text, "PowerStack 3", True),
    Column("device.type", _text, "battery", True, "battery, inverter, charger, thermostat, vehicle or other."),
    Column("device.commissionedOn", _day, "2026-05-01", True, DAY_HELP),
    Column("device.capabilities.controllable", _flag, "true", True, "true or false."),
    Column("device.capabilities.telemetry", _flag, "true", True, "true or false."),
    Column("device.capabilities.commands", _list, "battery:set-reserve battery:set-operating-mode", False, LIST_HELP),
    *(Column(f"device.ratings.{name}", _number, "", False, "A number, without its unit.") for name in RATINGS),
    Column("site.address.streetOne", _text, "3501 Civic Center Dr", True),
    Column("site.address.streetTwo", _text, ""),
    Column("site.address.city", _text, "San Rafael", True),
    Column("site.address.state", _text, "CA", True, "Two letters."),
    Column("site.address.postalCode", _text, "94903", True, "Five digits, as text, so that no leading zero is lost."),
    Column("site.address.country", _text, "US", True, "US."),
    Column("site.coordinates.latitude", _number, "", False, "In degrees."),
    Column("site.coordinates.longitude", _number, "", False, "In degrees, negative in the US."),
    Column("site.utilityHint.eiaId", _text, "", False, "The EIA's number of the utility."),
    Column("site.utilityHint.name", _text, ""),
    Column("customer.referenceId", _text, "cust-81", True, "The partner's own reference."),
    Column("customer.utilityAccountNumber", _text, "5512345678", False, "As text."),
    Column("consent.optedIn", _flag, "true", True, "true or false."),
    Column("consent.grantedAt", _instant, "2026-05-01T17:03:00Z", False, INSTANT_HELP),
    Column("consent.source", _text, "paper_form", False, "device_app, web_portal, installer_app, purchase_flow, call_center or paper_form."),  # noqa: E501
    Column("consent.termsVersion", _text, "2026-01", False, "Of the terms that the customer accepted."),
    Column("consent.programTypes", _list, "demand_response virtual_power_plant", False, LIST_HELP),
    Column("consent.evidence.method", _text, "signed_form"),
    Column("consent.evidence.ipAddress", _text, ""),
    Column("consent.evidence.userAgent", _text, ""),
    Column("eligibility.programIds", _list, "", False, LIST_HELP),
    Column("eligibility.utilityAccountVerified", _flag, "", False, "true or false."),
    Column("eligibility.installerId", _text, ""),
    Column("eligibility.salesChannel", _text, ""),
)  # fmt: skip
BY_NAME = {column.name.casefold(): column for column in COLUMNS}
ALWAYS_THERE: dict[str, list[str]] = {
    "device.capabilities.commands": []
}  # lists that the contract wants even where they are empty


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with one row, for people: `column` is "" where it is the whole row."""

    column: str
    code: str
    detail: str


def read_header(cells: Sequence[Cell]) -> tuple[list[Column | None], list[str]]:
    """The column of each cell, None for an empty one; and what is wrong with the header as a whole."""
    columns: list[Column | None] = []
    faults: list[str] = []
    for cell in cells:
        name = str(cell).strip()
        column = BY_NAME.get(name.casefold()) if name else None
        if name and column is None:
            near = difflib.get_close_matches(name.casefold(), BY_NAME, n=1)
            hint = f"; did you mean {BY_NAME[near[0]].name}?" if near else "."
            faults.append(f"There is no column {name[:60]!r}{hint}")
        elif column is not None and column in columns:
            faults.append(f"The column {column.name} comes twice.")
        columns.append(column)
    missing = [each.name for each in COLUMNS if each.is_required and each not in columns]
    if missing:
        faults.append(f"These columns are missing: {', '.join(missing)}.")
    return columns, faults


def known_names(cells: Sequence[Cell]) -> int:
    return sum(str(cell).strip().casefold() in BY_NAME for cell in cells)


def document_of(columns: Sequence[Column | None], cells: Sequence[Cell]) -> tuple[dict[str, Any], list[Complaint]]:
    """The row as the API would take it, and what could not be read. An empty cell is a field that is not there."""
    document: dict[str, Any] = {}
    complaints = []
    for name, empty in ALWAYS_THERE.items():
        _put(document, tuple(name.split(".")), list(empty))
    for place, cell in enumerate(cells):
        if cell is None or (isinstance(cell, str) and not cell.strip()):
            continue
        column = columns[place] if place < len(columns) else None
        if column is None:
            complaints.append(Complaint("", "invalid", f"Cell {place + 1} stands under no column name."))
            continue
        try:
            _check_plain(cell)
            _put(document, column.path, column.read(cell))
        except CellError as fault:
            complaints.append(Complaint(column.name, "invalid", str(fault)))
    return document, complaints


def column_at(pointer: str) -> str:
    """The column that a fault's JSON pointer means: an item of a list is its column, an object all of its columns."""
    for column in COLUMNS:
        if pointer == column.pointer or pointer.startswith(f"{column.pointer}/"):
            return column.name
    return pointer.strip("/").replace("/", ".")


def remedy(column: str, code: str) -> str:
    known = BY_NAME.get(column.casefold())
    if code == "required":
        return "Fill it in." + (f" {known.help}" if known and known.help else "")
    if known and known.help:
        return known.help
    return f"As the template shows: {known.example}" if known and known.example else ""


def _put(document: dict[str, Any], path: Sequence[str], value: Any) -> None:
    inner = document
    for name in path[:-1]:
        inner = inner.setdefault(name, {})
    inner[path[-1]] = value
