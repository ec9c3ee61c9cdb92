"""Making a program."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.utils.text import slugify

from programs.models import Program
from territories.models import Utility
from texture_portal.ids import new_id


class UnknownOwnerError(Exception):
    """No utility or CCA has that EIA id."""


@transaction.atomic
def create_program(
    name: str,
    *,
    owner_eia_id: str,
    type: str,
    device_types: Sequence[str],
    required_commands: Sequence[str] = (),
    wants_verified_account: bool = False,
    starts_on: date | None = None,
    ends_on: date | None = None,
    max_enrollments: int | None = None,
    consent_lasts_days: int | None = None,
    exclusive_group: str = "",
) -> Program:
    """An active program. Two may share a name: the slug carries the id's tail."""
    owner = Utility.objects.filter(eia_id=owner_eia_id).first()
    if owner is None:
        raise UnknownOwnerError(
            f"No utility or CCA has the EIA id {owner_eia_id!r}. Remedy: import it first (import_utilities FILE), "
            "or see the utilities page of the admin for its id."
        )
    program_id = new_id()
    return Program.objects.create(
        id=program_id,
        slug=f"{slugify(name)[:180]}-{program_id.hex[-12:]}",
        name=name,
        owner=owner,
        type=type,
        device_types=list(dict.fromkeys(device_types)),
        required_commands=list(dict.fromkeys(required_commands)),
        status=Program.Status.ACTIVE,
        wants_verified_account=wants_verified_account,
        starts_on=starts_on,
        ends_on=ends_on,
        max_enrollments=max_enrollments,
        consent_lasts_days=consent_lasts_days,
        exclusive_group=exclusive_group,
    )
