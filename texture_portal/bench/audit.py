"""Proving an audit trail whole, with its originals and checkpoints."""

import itertools
import json
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from enrollments.audit import breaks, count_entries, one_snapshot
from enrollments.audit.chains import TABLES
from enrollments.audit.rows import EVERYTHING
from enrollments.evidence.checkpoints import sign_if_due
from enrollments.models import Checkpoint, Consent, Enrollment
from texture_portal import clock
from texture_portal.bench.enrollment import enroll_one
from texture_portal.bench.measuring import Measurement
from texture_portal.bench.scratch import scratch_database
from texture_portal.bench.trail import grow
from texture_portal.demo import setting

ROWS = int(os.environ.get("ROWS", 100_000))
INSTANCES = 2_000


def measure(data: Path | None) -> Measurement:
    """ROWS entries of history ($ROWS; the promise is 1,000,000 in 60 s). `data` plays no part."""
    with scratch_database():
        setting.lay_grid(None)
        setting.make_programs()
        enroll_one(json.loads(setting.take_on_partner(now=clock.now())))
        grow(Enrollment.objects.get().pk, to=ROWS)
        signing = _sign_all()
        entries = count_entries()
        seconds, found = _verify()
        if found:
            raise RuntimeError(f"the trail to measure is not whole: {found[0]}")
        return Measurement(
            "audit",
            entries / sum(seconds),
            "entries/s",
            seconds,
            _bare_rate(),
            "the same rows read by the same cursor and not looked at",
            {
                "entries": entries,
                "chains": Enrollment.objects.count(),
                "verify_s": round(sum(seconds), 1),
                "million_s": round(1e6 * sum(seconds) / entries, 1),
                "checkpoints": Checkpoint.objects.count(),
                "sign_s": round(signing, 1),
                "as_model_instances_per_s": round(_instance_rate()),
                "debug": settings.DEBUG,
            },
        )


def _sign_all() -> float:
    """Seconds; as many checkpoints as there are leaves for, and an empty one at the end."""
    began, now = time.perf_counter(), clock.now()
    while (made := sign_if_due(now=now)) is not None and made.leaf_count:
        now += timedelta(days=1)
    return time.perf_counter() - began


def _verify() -> tuple[list[float], list[Any]]:
    """The seconds between two signs of progress, the last up to the end."""
    marks = [time.perf_counter()]
    with one_snapshot():
        found = list(breaks(progress=lambda _: marks.append(time.perf_counter())))
    marks.append(time.perf_counter())
    return [after - before for before, after in itertools.pairwise(marks)], found


def _bare_rate() -> float:
    began, count = time.perf_counter(), 0
    with transaction.atomic():
        for table in TABLES:
            count += sum(1 for _ in table.entries(EVERYTHING))
    return count / (time.perf_counter() - began)


def _instance_rate() -> float:
    """As it was: the rows as model instances, each asked for its digest."""
    began, count = time.perf_counter(), 0
    for model in (Enrollment.history.model, Consent.history.model):
        for entry in model.objects.order_by("history_id")[: INSTANCES // 2].iterator():
            count += entry.compute_digest() == bytes(entry.digest)
    return count / (time.perf_counter() - began)
