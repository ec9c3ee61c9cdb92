"""Devices of people who were erased: known by a digest of their id alone, so that no old consent brings one back."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max

from enrollments.consent import MAX_AGE
from enrollments.models import DeletionRequest, ErasedDevice
from texture_portal import lasting_names, sealed_columns

PURPOSE = "an erased device"
REMEMBERED = MAX_AGE + timedelta(days=1)  # no consent from before could be sent again after that


def digests(partner_id: UUID, manufacturer_device_id: str) -> list[str]:
    """By every key that the portal has, the newest first: only who has one can make them."""
    return lasting_names.every_name(_words(partner_id, manufacturer_device_id), purpose=PURPOSE)


def last_revocation(partner_id: UUID, manufacturer_device_id: str) -> datetime | None:
    """All that was agreed to for this device until then counts no more."""
    rows = ErasedDevice.objects.filter(
        partner=partner_id, device_digest__in=digests(partner_id, manufacturer_device_id)
    )
    latest: datetime | None = rows.aggregate(latest=Max("revoked_at"))["latest"]
    return latest


def remember(request: DeletionRequest, devices: Iterable[tuple[UUID, str]], *, now: datetime) -> None:
    """Of each the partner, and its id there: nothing agreed to before is to bring the person back."""
    for partner_id, manufacturer_device_id in devices:
        essence = lasting_names.essence_of(_words(partner_id, manufacturer_device_id), purpose=PURPOSE)
        digest = lasting_names.names_of(essence, purpose=PURPOSE)[0]
        row = ErasedDevice.objects.create(
            partner_id=partner_id, request=request, device_digest=digest, revoked_at=now
        )  # fmt: skip
        sealed_columns.seal(row, "sealed_essence", essence)
        row.save(update_fields=["sealed_essence"])


def _words(partner_id: UUID, manufacturer_device_id: str) -> str:
    return f"{partner_id}|{manufacturer_device_id}"
