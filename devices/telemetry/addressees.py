"""Whose readings they are: devices by their partner's own ids, each with the number that its readings go by."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from devices.models import DeviceState
from partners.models import Partner
from texture_portal import prepared

STATEMENT = """
SELECT device.manufacturer_device_id, device.id, device.type, device.telemetry,
    device.may_read AND coalesce(device.cleared_until > %s, true), latest.number
FROM devices_device device LEFT JOIN devices_devicestate latest ON latest.device_id = device.id
WHERE device.partner_id = %s AND device.manufacturer_device_id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Addressee:
    """`number` is None where `may_read` is not: nothing is kept of such a device. `tells`: it has telemetry at all."""

    number: int | None
    type: str
    tells: bool
    may_read: bool


class _Found(NamedTuple):
    name: str
    device_id: UUID
    type: str
    tells: bool
    may_read: bool
    number: int | None

    @property
    def is_new(self) -> bool:
        return self.may_read and self.number is None

    def as_addressee(self) -> Addressee:
        return Addressee(self.number, self.type, self.tells, self.may_read)


def of(partner: Partner, ids: Collection[str], *, now: datetime) -> dict[str, Addressee]:
    """The partner's devices among these ids."""
    found = _found(partner, ids, now)
    if new := [each.device_id for each in found if each.is_new]:
        _number(new)
        found = _found(partner, ids, now)
    return {each.name: each.as_addressee() for each in found}


def _found(partner: Partner, ids: Collection[str], now: datetime) -> list[_Found]:
    return [_Found(*row) for row in prepared.rows(STATEMENT, [now, partner.pk, list(ids)])]


def _number(device_ids: Collection[UUID]) -> None:
    """At a device's first reading; two at once give it one number."""
    DeviceState.objects.bulk_create([DeviceState(device_id=each) for each in device_ids], ignore_conflicts=True)
