"""Commands by webhook: what is due is announced in the outbox, which sends it and tries again until it expires.

A partner without an endpoint for it reads the list of pending ones: it may have come there as well.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from devices.commands import keeping
from devices.commands.presentation import show
from devices.commands.reweighing import weigh_due
from devices.commands.states import Status
from devices.models import Command
from partners import webhooks
from partners.models import Partner
from partners.webhooks import Item
from texture_portal import jobs
from texture_portal.actors import system

BATCH = 500
BY = system("command sender")
REQUESTED, CANCELLED = "command.requested", "command.cancelled"


@transaction.atomic
def push_due(*, now: datetime) -> int:
    """A batch, restores first; how many. It only writes rows: the outbox sends them."""
    due = Command.objects.filter(way=Command.Way.PUSH, due_at__lte=now).exclude(step="").exclude(
        step=Command.Step.SEND, expires_at__lte=now
    )  # fmt: skip
    claimed = jobs.claim(due.select_related("device").order_by("restores_id", "due_at", "pk"), limit=BATCH)
    going = weigh_due(claimed, now=now, by=BY)
    sent = [each for each in going if each.status == Status.PENDING]
    for command in sent:
        command.sent_at, command.step, command.due_at = command.sent_at or now, "", None
    over = [each for each in going if each.status == Status.CANCELLED]
    for command in over:
        command.step, command.due_at = "", None
    webhooks.take_back([each.pk for each in over], type=REQUESTED, now=now)
    _announce(sent, type=REQUESTED, now=now)
    _announce(over, type=CANCELLED, now=now)
    keeping.write([*sent, *over])
    return len(claimed)


def _announce(commands: Sequence[Command], *, type: str, now: datetime) -> None:
    by_partner: dict[UUID, list[Command]] = defaultdict(list)
    for command in commands:
        by_partner[command.partner_id].append(command)
    partners = Partner.objects.in_bulk(by_partner)
    for partner_id, theirs in by_partner.items():
        until = {each.pk: each.expires_at if type == REQUESTED else None for each in theirs}
        items = [Item(each.pk, show(each), until[each.pk]) for each in theirs]
        webhooks.announce_all(items, partner=partners[partner_id], type=type, now=now)
