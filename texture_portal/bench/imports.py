"""Files of enrollments, worked off by one worker: rows a second that become enrollments, after a dry run of all."""

import csv
import io
import resource
import time
from itertools import count
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User

from enrollments.imports import keeping, running, work
from enrollments.imports.columns import COLUMNS
from enrollments.models import EnrollmentFile
from partners.models import Partner
from texture_portal import clock
from texture_portal.bench import bare
from texture_portal.bench.measuring import Measurement
from texture_portal.bench.scratch import scratch_database
from texture_portal.demo import setting
from texture_portal.demo.buildings import Building, buildings

ROWS = 500
_runs = count(1)


def measure(data: Path | None) -> Measurement:
    """The grid is the demo's, whatever `data` is; the address is located by the chain that is set, for each row."""
    with scratch_database() as database_url:
        setting.lay_grid(None)
        setting.make_programs()
        setting.take_on_partner(now=clock.now())
        user, partner = User.objects.create_user("bench"), Partner.objects.get()
        building = next(each for each in buildings() if each.expected.state == "enrolled")
        _run(_checked(building, 1, partner=partner, user=user), user=user)
        with bare.new_rows() as rows:
            _run(_checked(building, 1, partner=partner, user=user), user=user)
        began = time.perf_counter()
        file = _checked(building, ROWS, partner=partner, user=user)
        dry_run = time.perf_counter() - began
        seconds = _run(file, user=user)
        if file.counts() != {"enrolled": ROWS}:
            raise RuntimeError(f"not every row was enrolled: {file.counts()}")
        return Measurement(
            "import",
            ROWS / sum(seconds),
            "rows/s",
            [each / work.BATCH for each in seconds],
            bare.rate(rows, database_url, connections=1, transactions=200),
            "one connection that inserts the same rows and commits, into tables without index, key or trigger",
            {
                "rows": ROWS,
                "bytes": file.size,
                "dry_run_rows_per_s": round(ROWS / dry_run, 1),
                "peak_MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            },
        )


def _checked(building: Building, rows: int, *, partner: Partner, user: User) -> EnrollmentFile:
    pieces = (f"{line}\r\n".encode() for line in _lines(building, rows))
    file = keeping.upload(pieces, name="bench.csv", partner=partner, now=clock.now(), user=user)
    while work.work_off(now=clock.now()):
        pass
    file.refresh_from_db()
    if file.counts() != {"ready": rows}:
        raise RuntimeError(f"the dry run found {file.counts()} {file.fault}")
    return file


def _run(file: EnrollmentFile, *, user: User) -> list[float]:
    """The seconds of each batch."""
    running.start(file, reason="It is measured.", now=clock.now(), user=user)
    seconds: list[float] = []
    while True:
        began = time.perf_counter()
        if not work.work_off(now=clock.now()):
            return seconds
        seconds.append(time.perf_counter() - began)


def _lines(building: Building, rows: int) -> Any:
    yield ",".join(column.name for column in COLUMNS)
    for _ in range(rows):
        document = building.document(run=f"import-{next(_runs)}", now=clock.now())
        document["customer"]["referenceId"] = document["device"]["serialNumber"]
        written = io.StringIO()
        csv.writer(written, lineterminator="").writerow([_cell(document, column.path) for column in COLUMNS])
        yield written.getvalue()


def _cell(document: Any, path: tuple[str, ...]) -> str:
    for name in path:
        document = (document or {}).get(name)
    if isinstance(document, list):
        return " ".join(document)
    return str(document).lower() if isinstance(document, bool) else "" if document is None else str(document)
