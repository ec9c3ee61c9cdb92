"""Whose readings they are: devices by their partner's own ids, each with the number that its readings go by."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from devices.models import DeviceState
from partners.models import Partner
from texture_portal import prepared

STATEMENT = """
SELECT device.manufacturer_device_id, device.id, device.type, latest.number
FROM devices_device device LEFT JOIN devices_devicestate latest ON latest.device_id = device.id
WHERE device.partner_id = %s AND device.manufacturer_device_id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Addressee:
    number: int
    type: str


def of(partner: Partner, ids: Collection[str]) -> dict[str, Addressee]:
    """The partner's devices among these ids."""
    found = _found(partner, ids)
    if new := [device_id for _, device_id, _, number in found if number is None]:
        _number(new)
        found = _found(partner, ids)
    return {name: Addressee(number, type) for name, _, type, number in found}


def _found(partner: Partner, ids: Collection[str]) -> list[tuple[str, UUID, str, int]]:
    return prepared.rows(STATEMENT, [partner.pk, list(ids)])


def _number(device_ids: Collection[UUID]) -> None:
    """At a device's first reading; two at once give it one number."""
    DeviceState.objects.bulk_create([DeviceState(device_id=each) for each in device_ids], ignore_conflicts=True)
