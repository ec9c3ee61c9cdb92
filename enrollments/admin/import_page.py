"""What the page of an uploaded file shows: how far it is, what is wrong with it, and what became of its rows."""

from typing import Any

from enrollments.imports import keeping, results
from enrollments.models import EnrollmentFile, FileRow
from texture_portal.console.marks import NOTHING, at, badge, breakable, link, table, words

MARKS = {
    "reading": "info", "unreadable": "danger", "checking": "info", "checked": "warning", "running": "info",
    "done": "success",
}  # fmt: skip
ROW_MARKS = {"read": "", "faulty": "danger", "ready": "info", "enrolled": "success", "refused": "danger"}
SHOWN = 50  # faulty rows; all of them are in the result
REFRESH_SECONDS = 3


def context(file: EnrollmentFile) -> dict[str, Any]:
    counts = file.counts()
    every = sum(counts.values())
    return {
        "facts": facts(file),
        "steps": steps(file, counts, every),
        "counts": [
            (badge(FileRow.Status(status).label, ROW_MARKS[status]), f"{count:,}") for status, count in counts.items()
        ],
        "rows_in_all": every,
        "faults": faults(file) if file.erased_at is None else None,
        "refresh": REFRESH_SECONDS if file.status in keeping.BUSY else None,
    }


def facts(file: EnrollmentFile) -> list[tuple[str, Any]]:
    return [
        ("Status", badge(file.get_status_display(), MARKS[file.status])),
        *([("Why", file.fault)] if file.fault else []),
        ("Partner", link(file.partner)),
        ("File", f"{file.name}, {file.size:,} bytes"),
        ("SHA-256", breakable(file.digest_hex)),
        ("Uploaded", f"{at(file.uploaded_at)} by {file.uploaded_by.get_username()}"),
        ("Started", f"{at(file.started_at)} by {file.started_by.get_username()}" if file.started_by else NOTHING),
        ("Finished", at(file.finished_at)),
        ("Erased", at(file.erased_at)),
    ]


def steps(file: EnrollmentFile, counts: dict[str, int], every: int) -> list[dict[str, Any]]:
    """How far the dry run is, and the run; in percent."""
    checked = every - counts.get("read", 0) if file.status != "reading" else 0
    worked = counts.get("enrolled", 0) + counts.get("refused", 0)
    to_run = worked + counts.get("ready", 0)
    return [
        {"name": "Dry run", "done": checked, "of": every, "percent": _percent(checked, every)},
        {"name": "Enrolling", "done": worked, "of": to_run, "percent": _percent(worked, to_run)},
    ]


def faults(file: EnrollmentFile) -> dict[str, Any]:
    wrong = file.rows.filter(status__in=["faulty", "refused"]).order_by("number")[:SHOWN]
    key = file.data_key()
    return table(
        ("Row", "Column", "Problem", "Remedy"),
        (
            (row.number, breakable(each.column or "-"), each.detail or words(each.code), results.remedy(each))
            for row in wrong
            for each in keeping.complaints_of(key, row)
        ),
    )


def _percent(part: int, whole: int) -> int:
    return 100 * part // whole if whole else 0
