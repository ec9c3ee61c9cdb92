"""Rows out of an uploaded file: CSV in UTF-8 with commas, semicolons or tabs; or the first sheet of an Excel workbook.

Raises `UnreadableError`, which tells staff what to do about the file.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineWorkbook

from enrollments.imports.columns import Cell, known_names

Row = tuple[int, Sequence[Cell]]  # its number as the spreadsheet counts, and its cells

DELIMITERS = ",;\t"
LONGEST_CELL = 10_000  # characters
LONGEST_HEADER = 64 * 1024  # bytes
MOST_UNPACKED = 512 * 1024 * 1024  # bytes of a workbook's parts: what is packed tighter is meant to do harm
XLSX_MAGIC, OLD_EXCEL_MAGIC = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
# As any program writes them: with a prefix or without, attributes in any order.
CELL_START = re.compile(rb"<(?:[A-Za-z]\w*:)?c(?=[\s>])")
BAD_CELL = re.compile(
    CELL_START.pattern + rb"""(?:(?P<error>[^>]*?\bt\s*=\s*["']e["'])|[^>]*>\s*<(?:[A-Za-z]\w*:)?f[\s/>])"""
)
LONGEST_PART = 256 * 1024  # bytes: no cell is longer
REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["']""")
FORMULA, ERROR = "=", "#ERROR"


class UnreadableError(Exception):
    """The file as a whole cannot be read; its message ends with a remedy."""


def is_what_its_name_says(name: str, head: bytes) -> bool:
    """`head` is its first bytes: a workbook is called .xlsx, and everything else .csv."""
    ending = name.lower().rpartition(".")[2]
    return ending == "xlsx" if head[:4] == XLSX_MAGIC else ending == "csv" and b"\x00" not in head


def rows(file: BinaryIO) -> Iterator[Row]:
    """All rows that are not empty, the header first."""
    head = file.read(4)
    file.seek(0)
    if head == OLD_EXCEL_MAGIC:
        raise UnreadableError("This is an old or a protected Excel file. Remedy: save it as .xlsx without a password.")
    found = _of_workbook(file) if head == XLSX_MAGIC else _of_csv(file)
    return ((number, cells) for number, cells in found if any(str(cell).strip() for cell in cells))


def _of_csv(file: BinaryIO) -> Iterator[Row]:
    delimiter = _delimiter(file)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if any("\x00" in cell for cell in cells):
                raise UnreadableError(f"Row {number} holds a NUL character. Remedy: save the file as CSV UTF-8 again.")
            yield number, cells
    except UnicodeDecodeError as fault:
        raise UnreadableError(
            f"The file is not UTF-8 (after row {number}). Remedy: in Excel, save it as “CSV UTF-8”."
        ) from fault
    except csv.Error as fault:
        raise UnreadableError(
            f"The CSV breaks off after row {number}: {fault}. Remedy: look for a quotation mark without its pair."
        ) from fault
    finally:
        text.detach()


def _delimiter(file: BinaryIO) -> str:
    """That which makes the most column names of the first line."""
    first = file.read(LONGEST_HEADER)
    file.seek(0)
    if first[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise UnreadableError("The file is UTF-16. Remedy: in Excel, save it as “CSV UTF-8”.")
    line = next(iter(first.decode("utf-8-sig", errors="replace").splitlines()), "")
    return max(DELIMITERS, key=lambda each: known_names(next(csv.reader([line], delimiter=each), [])))


def _of_workbook(file: BinaryIO) -> Iterator[Row]:
    marked = _marked_cells(file)
    file.seek(0)
    try:
        sheet = CalamineWorkbook.from_filelike(file).get_sheet_by_index(0)
    except (CalamineError, IndexError) as fault:
        raise UnreadableError(
            "The workbook cannot be opened. Remedy: save it as .xlsx again, without a password."
        ) from fault
    _, first_column = sheet.start or (0, 0)
    for number, values in enumerate(sheet.iter_rows(), start=1):
        cells: list[Any] = [*[""] * first_column, *values] if first_column else list(values)
        for place, mark in marked.get(number, {}).items():
            cells.extend([""] * (place + 1 - len(cells)))
            cells[place] = mark
        yield number, cells


def _marked_cells(file: BinaryIO) -> dict[int, dict[int, str]]:
    """Cells of the first sheet that hold a formula or an error, by row and place: their values must not be taken."""
    marked: dict[int, dict[int, str]] = {}
    try:
        with zipfile.ZipFile(file) as archive:
            if sum(each.file_size for each in archive.infolist()) > MOST_UNPACKED:
                raise UnreadableError("The workbook unpacks to too much. Remedy: save only the rows, as CSV UTF-8.")
            with archive.open(_first_sheet(archive)) as part:
                _mark(part, marked)
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError, RuntimeError) as fault:
        raise UnreadableError("The workbook is damaged. Remedy: save it as .xlsx again, without a password.") from fault
    return marked


def _first_sheet(archive: zipfile.ZipFile) -> str:
    """The part that the workbook lists first: parts are not named in the order of the sheets."""
    listed = re.search(rb'<sheet [^>]*?r:id="([^"]+)"', archive.read("xl/workbook.xml"))
    for relation in re.findall(rb"<Relationship [^>]*>", archive.read("xl/_rels/workbook.xml.rels")):
        target = re.search(rb'Target="([^"]+)"', relation)
        if listed and target and b'Id="' + listed[1] + b'"' in relation:
            return f"xl/{target[1].decode().removeprefix('/xl/')}"
    raise KeyError("the workbook lists no sheet")


def _mark(part: Any, marked: dict[int, dict[int, str]]) -> None:
    kept = b""
    while block := part.read(1024 * 1024):
        block = kept + block
        starts = CELL_START.finditer(block, max(0, len(block) - LONGEST_PART))
        cut = max((each.start() for each in starts), default=len(block))
        kept, block = block[cut:], block[:cut]  # a cell that the block's end cuts is looked at with the next
        _mark_block(block, marked)
    _mark_block(kept, marked)


def _mark_block(block: bytes, marked: dict[int, dict[int, str]]) -> None:
    for found in BAD_CELL.finditer(block):
        place = REFERENCE.search(block, found.start(), block.index(b">", found.start()))
        if place is None:
            raise UnreadableError("A formula stands in a cell without a name. Remedy: save the values, as CSV UTF-8.")
        marked.setdefault(int(place[2]), {})[_place(place[1])] = ERROR if found["error"] else FORMULA


def _place(letters: bytes) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + letter - ord("A") + 1
    return place - 1
