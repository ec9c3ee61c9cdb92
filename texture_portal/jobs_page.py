"""The page of jobs: when each runs next, how it went, and who works."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_q.models import Failure

from texture_portal import heartbeat, workshop
from texture_portal.console.marks import NOTHING, at, badge, span, table, words
from texture_portal.models import Heartbeat
from texture_portal.workshop import JobShown


def context(workers: Iterable[Heartbeat], *, may_read_failures: bool, now: datetime) -> dict[str, Any]:
    return {
        "workers": workers_table(workers, now=now),
        "jobs": table(
            ("Job", "How it goes", "Every", "Last woken", "Next", "Last failure"),
            (_job(each) for each in workshop.jobs_shown()),
        ),
        "failures": [_failure(each) for each in workshop.failures()] if may_read_failures else None,
    }


def workers_table(workers: Iterable[Heartbeat], *, now: datetime) -> dict[str, Any]:
    return table(
        ("Worker", "State", "Last sign of life"),
        ((each.name, _life(each, now=now), at(each.beat_at)) for each in workers),
    )


def _life(worker: Heartbeat, *, now: datetime) -> SafeString:
    if heartbeat.is_stale(worker.beat_at, now=now):
        return badge(f"silent for {span(now - worker.beat_at)}", "danger")
    return badge("works", "success")


def _job(shown: JobShown) -> tuple[Any, ...]:
    return (
        words(shown.job.kind),
        _state(shown),
        span(shown.job.every),
        at(shown.woken_at),
        at(shown.next_run),
        at(shown.failed_at),
    )


def _state(shown: JobShown) -> SafeString:
    if shown.next_run is None:
        return badge("not scheduled", "danger")
    return badge("failed", "danger") if shown.is_failing else badge("no failure since", "success")


def _failure(failed: Failure) -> dict[str, Any]:
    return {
        "title": f"{words(failed.group or failed.func)}, {at(failed.stopped)}",
        "traceback": format_html("{}", failed.result or NOTHING),
    }
