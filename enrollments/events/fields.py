"""Fields that events have and nothing else."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from enrollments.consent import CLOCK_SKEW
from partners.wire import DAY, Day, Instant, WireSerializer


class EventData(WireSerializer):
    """The base of what the types have in `data`."""


def check_past(value: datetime | date, *, context: Mapping[str, Any]) -> None:
    """`context["now"]`: the time by which the portal reads; without it, only the form is checked."""
    now = context.get("now")
    if now is None:
        return
    latest = now + CLOCK_SKEW
    if value > (latest if isinstance(value, datetime) else latest.date()):
        raise ValidationError("Must not be in the future.", code="out_of_range")


class PastInstant(Instant):
    def to_internal_value(self, data: Any) -> datetime:
        value = super().to_internal_value(data)
        check_past(value, context=self.context)
        return value


class PastDayOrInstant(serializers.Field[Any, Any, Any, Any]):
    """A day, or an instant where the partner knows it."""

    def to_internal_value(self, data: Any) -> datetime | date:
        is_day = isinstance(data, str) and DAY.fullmatch(data)
        value: datetime | date = Day().to_internal_value(data) if is_day else Instant().to_internal_value(data)
        check_past(value, context=self.context)
        return value
