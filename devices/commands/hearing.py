"""What partners answer to `command.requested`: whether they accept it (contract §6)."""

from datetime import datetime
from typing import Any

import orjson
from django.db import transaction

from devices.commands import progress
from devices.commands.progress import Report
from devices.commands.states import Status
from devices.models import Command
from partners.models import WebhookAnswer
from texture_portal import jobs
from texture_portal.actors import system

BATCH = 500
BY = system("answers to commands")
HEARD = {Status.ACCEPTED, Status.REJECTED}
LONGEST_CODE = 255


@transaction.atomic
def hear(*, now: datetime) -> int:
    """A batch of answers; how many. One that says nothing of it leaves the command waiting to be reported on."""
    answers = jobs.claim(WebhookAnswer.objects.order_by("pk"), limit=BATCH)
    known = set(Command.objects.filter(pk__in=[each.subject for each in answers]).values_list("pk", flat=True))
    reports = [report for each in answers if each.subject in known and (report := _report(each))]
    if reports:
        progress.record(reports, now=now, by=BY)
    WebhookAnswer.objects.filter(pk__in=[each.pk for each in answers]).delete()
    return len(answers)


def _report(answer: WebhookAnswer) -> Report | None:
    try:
        said: Any = orjson.loads(answer.said)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(said, dict) or said.get("status") not in HEARD:
        return None
    error = None
    if said["status"] == Status.REJECTED:
        error = {name: str(said[name])[:2000] for name in ("code", "detail") if isinstance(said.get(name), str)}
    return Report(answer.subject, Status(said["status"]), progress.Source.ANSWER, said=error, occurred_at=answer.at)
