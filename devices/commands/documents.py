"""What partners tell of a command, and ask for in the list (contract §6)."""

from datetime import datetime, timedelta
from typing import Any

from rest_framework.exceptions import ValidationError

from devices.commands.states import Status
from partners.pagination import PageQuery
from partners.wire import Choice, Identifier, Instant, Text, WireSerializer
from texture_portal import clock

CLOCKS_DIFFER = timedelta(seconds=30)  # contract §4
TOLD = (Status.ACCEPTED, Status.REJECTED, Status.IN_PROGRESS, Status.COMPLETE, Status.FAILED)


class NotInFuture(Instant):
    def to_internal_value(self, data: Any) -> datetime:
        instant = super().to_internal_value(data)
        if instant > clock.now() + CLOCKS_DIFFER:
            raise ValidationError("Must not be in the future.", code="invalid")
        return instant


class CommandErrorDocument(WireSerializer):
    code = Text()
    detail = Text(required=False, max_length=2000)


class CommandStatusDocument(WireSerializer):
    status = Choice(choices=[each.value for each in TOLD])
    occurred_at = NotInFuture()
    error = CommandErrorDocument(required=False, allow_null=True)


class CommandQuery(PageQuery):
    status = Choice(choices=[each.value for each in Status], required=False)
    device_id = Identifier(required=False)
    event_id = Identifier(required=False)
