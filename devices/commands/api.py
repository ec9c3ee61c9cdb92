"""Commands as partners read them and report on them (contract §6)."""

from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet

from devices.commands import progress
from devices.commands.documents import CommandQuery, CommandStatusDocument
from devices.commands.presentation import show
from devices.commands.progress import NotNewsError, Report
from devices.commands.states import Status
from devices.models import Command
from partners.pagination import Order, page
from partners.views import Answer, Call, Effect, PartnerView
from texture_portal.refusals import Refusal

NEWEST_FIRST = Order("newest", "requested_at", descending=True)
FILTERS = ("status", "device_id", "event_id")


class CommandsView(PartnerView):
    scopes: ClassVar = {"GET": "commands:read"}

    def get(self, call: Call) -> Answer:
        asked = call.query_params(CommandQuery)
        rows = _theirs(call).filter(**{name: asked[name] for name in FILTERS if name in asked})
        return Answer(200, page(rows, order=NEWEST_FIRST, limit=asked["limit"], cursor=asked["cursor"], shape=show))


class CommandView(PartnerView):
    scopes: ClassVar = {"GET": "commands:read"}

    def get(self, call: Call, *, command_id: UUID) -> Answer:
        return Answer(200, show(_one(call, command_id)))


class CommandStatusView(PartnerView):
    scopes: ClassVar = {"POST": "commands:write"}

    def post(self, call: Call, *, command_id: UUID) -> Effect:
        read = call.read(CommandStatusDocument)

        def effect() -> Answer:
            command = _one(call, command_id)
            report = Report(
                command.pk, Status(read["status"]), progress.Source.API, read["occurred_at"],
                said=dict(read["error"]) if read.get("error") else None,
            )  # fmt: skip
            try:
                taken = progress.take(report, now=call.now, by=call.actor)
            except NotNewsError as old:
                raise Refusal("state_conflict", f"{str(old).capitalize()}.") from None
            taken.device = command.device
            return Answer(200, show(taken))

        return effect


def _theirs(call: Call) -> QuerySet[Command]:
    return Command.objects.filter(partner=call.partner).select_related("device")


def _one(call: Call, command_id: UUID) -> Command:
    command = _theirs(call).filter(pk=command_id).first()
    if command is None:
        raise Refusal("not_found", "You have no command of this id.")
    return command
