"""What became of each row, as a file: a line for each row, and for each fault of a faulty one."""

import csv
import io
from collections.abc import Iterator

from enrollments.imports import columns, keeping
from enrollments.models import EnrollmentFile, FileRow
from partners.problems import PROBLEMS

HEADER = ("row", "result", "device", "code", "column", "problem", "remedy", "enrollment", "state")
FORMULA_STARTS = "=+-@\t\r"


def lines(file: EnrollmentFile) -> Iterator[str]:
    """CSV in UTF-8 with a mark at its beginning, so that Excel reads it right. Streams."""
    yield "\ufeff" + _line(HEADER)
    key = file.data_key() if file.erased_at is None else b""
    rows = file.rows.select_related("enrollment__device").order_by("number")
    for row in rows.iterator(chunk_size=500):
        for cells in _of_row(row, key):
            yield _line(cells)


def _of_row(row: FileRow, key: bytes) -> Iterator[tuple[object, ...]]:
    if row.enrollment is not None:
        device = row.enrollment.device.manufacturer_device_id
        yield row.number, row.status, device, "", "", "", "", row.enrollment_id, row.enrollment.state
        return
    document = keeping.open_row(key, row, row.sealed_document) if key else None
    device = (document or {}).get("device", {}).get("manufacturerDeviceId", "")
    complaints = keeping.complaints_of(key, row) if key else []
    for each in complaints:
        yield row.number, row.status, device, each.code, each.column, each.detail, remedy(each), "", ""
    if not complaints:
        yield row.number, row.status, device, row.code, "", "", "", "", ""


def remedy(complaint: columns.Complaint) -> str:
    """The contract's words for a rule, the column's own for a value."""
    if complaint.code in PROBLEMS:
        return PROBLEMS[complaint.code].remedy
    return columns.remedy(complaint.column, complaint.code)


def _line(cells: tuple[object, ...]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([_harmless(str(cell)) for cell in cells])
    return written.getvalue()


def _harmless(cell: str) -> str:
    """What a spreadsheet would take for a formula is text here."""
    return f"'{cell}" if cell[:1] in FORMULA_STARTS and cell else cell
