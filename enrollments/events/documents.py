"""An event as partners send it (contract §4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from enrollments.events.base import Kind
from enrollments.events.fields import PastInstant
from enrollments.events.kinds import KINDS
from partners.wire import Choice, Text, WireSerializer


class Members(serializers.Field[Any, Any, Any, Any]):
    """An object whose members hang on the event's type; they are checked beside the other fields."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise ValidationError("Must be an object.", code="invalid")
        return data


class EventDocument(WireSerializer):
    id = Text()
    type = Choice(choices=list(KINDS))
    manufacturer_device_id = Text()
    occurred_at = PastInstant()
    data = Members()  # type: ignore[assignment]

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        members, faults = self._members(data)
        try:
            values = super().to_internal_value(data)
        except ValidationError as fault:
            if isinstance(fault.detail, dict):
                raise ValidationError({**faults, **fault.detail}) from fault
            raise
        if faults:
            raise ValidationError(faults)
        return {**values, "data": members}

    def _members(self, document: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """What `data` says, and its faults; nothing where the type or the form is not right anyway."""
        named, members = (document.get("type"), document.get("data")) if isinstance(document, dict) else (None, None)
        if not isinstance(named, str) or named not in KINDS or not isinstance(members, dict):
            return {}, {}
        read, faults = KINDS[named].data.read(members, context=dict(self.context))
        return read, {"data": faults} if faults else {}


@dataclass(frozen=True, slots=True)
class Report:
    """An event as it was read. `document` is what was sent."""

    id: str
    kind: Kind
    manufacturer_device_id: str
    occurred_at: datetime
    data: dict[str, Any]
    document: Any

    @property
    def fact_at(self) -> datetime:
        return self.kind.fact_at(self.data, occurred_at=self.occurred_at)


def report_of(read: dict[str, Any], *, document: Any) -> Report:
    return Report(
        read["id"],
        KINDS[read["type"]],
        read["manufacturer_device_id"],
        read["occurred_at"],
        read["data"],
        document,
    )
