"""Devices of people who were erased: known by a digest of their id alone, so that no old consent brings one back."""

from datetime import datetime
from uuid import UUID

from django.db.models import Max

from enrollments.models import ErasedDevice
from texture_portal import vault

PURPOSE = "an erased device"


def digests(partner_id: UUID, manufacturer_device_id: str) -> list[str]:
    """By every key that the portal has, the newest first: only who has one can make them."""
    return [each.hex() for each in vault.derived_keys(f"{partner_id}|{manufacturer_device_id}", purpose=PURPOSE)]


def last_revocation(partner_id: UUID, manufacturer_device_id: str) -> datetime | None:
    """All that was agreed to for this device until then counts no more."""
    rows = ErasedDevice.objects.filter(
        partner=partner_id, device_digest__in=digests(partner_id, manufacturer_device_id)
    )
    latest: datetime | None = rows.aggregate(latest=Max("revoked_at"))["latest"]
    return latest
