"""What stands before the demo's first enrollment: a grid, programs, a partner, and somebody to look at it all."""

import io
import secrets
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import transaction

from enrollments import lifecycle
from enrollments.models import Enrollment
from partners.credentials import as_json, client_members, key_members
from partners.models import Partner
from partners.onboarding import (
    add_application,
    add_signing_key,
    create_partner,
    revoke_application,
    revoke_signing_key,
)
from programs.creation import create_program
from programs.models import Program
from territories.models import DataSet, Utility
from texture_portal.actors import Channel, system

GRID = Path(__file__).with_name("grid")
PARTNER = "Demo Home Energy"
ADMINISTRATOR = "demo-admin"
FLEET_PROGRAM = "Golden Coast Capacity"
BY = system("demo", channel=Channel.COMMAND)


@dataclass(frozen=True, slots=True)
class Offer:
    """A made-up program. `terms` are what `create_program` takes."""

    name: str
    owner_eia_id: str
    type: str
    device_types: tuple[str, ...]
    terms: dict[str, Any]


OFFERS = (
    Offer("Golden Coast Peak", "14328", "demand_response", ("battery", "thermostat"), {}),
    Offer(
        "Golden Coast Home Battery", "14328", "virtual_power_plant", ("battery",),
        {"required_commands": ["battery:set-reserve"], "exclusive_group": "golden-coast-storage"},
    ),
    Offer(
        "Golden Coast Storage Plus", "14328", "virtual_power_plant", ("battery",),
        {"required_commands": ["battery:set-power"], "exclusive_group": "golden-coast-storage"},
    ),
    # Its type is outside what the buildings' owners consent to: the simulated fleet has it for itself.
    Offer(FLEET_PROGRAM, "14328", "capacity", ("battery", "thermostat", "inverter"), {}),
    Offer("Marin Flex", "56692", "demand_response", ("battery", "charger"), {}),
    Offer("Island Storage", "207", "virtual_power_plant", ("battery",), {}),
    Offer("Capital Reserve", "16534", "virtual_power_plant", ("battery",), {}),
    Offer("South Coast Peak", "17609", "demand_response", ("battery", "thermostat"), {}),
    Offer("Night Charge", "11208", "managed_charging", ("charger", "vehicle"), {}),
    Offer("Harbor Reserve", "16609", "virtual_power_plant", ("battery",), {"wants_verified_account": True}),
    Offer("Sound Storage", "16868", "demand_response", ("battery",), {}),
    Offer("Cascade Winter Peak", "15500", "demand_response", ("battery",), {"ends_on": date(2025, 3, 31)}),
    Offer("Hill Country Cooling", "1015", "demand_response", ("thermostat",), {}),
    Offer("North Texas Relief", "44372", "demand_response", ("battery", "charger"), {}),
    Offer("Lakefront Hours", "4110", "time_of_use", ("battery",), {}),
    Offer("Lakefront Peak", "4110", "demand_response", ("thermostat",), {}),
    Offer("Five Borough Relief", "4226", "demand_response", ("battery", "thermostat"), {}),
    Offer("Green Mountain Pilot", "7601", "demand_response", ("battery",), {"max_enrollments": 2}),
)  # fmt: skip


class AnotherGridError(Exception):
    """A grid other than the one asked for is in force here; both at once would match nothing rightly."""


def lay_grid(folder: Path | None) -> str:
    """The demo's own coarse grid, or a CommonGrid checkout; what the importers said."""
    own = {file.name for file in GRID.iterdir()}
    kinds = (DataSet.Kind.TERRITORIES, DataSet.Kind.CCA_TERRITORIES)
    in_force = set(DataSet.objects.filter(kind__in=kinds).values_list("name", flat=True))
    if in_force & own if folder else in_force - own:
        raise AnotherGridError("Another grid than this demo's is in force here.")
    said = io.StringIO()
    if folder:
        call_command("import_commongrid", str(folder), stdout=said)
    else:
        call_command("import_utilities", str(GRID / "demo-utilities.json"), stdout=said)
        call_command("import_territories", str(GRID / "demo-territories.geojson"), stdout=said)
        call_command("import_territories", str(GRID / "demo-ccas.geojson"), "--cca", stdout=said)
        call_command("import_zip_table", str(GRID / "demo-zips.csv"), stdout=said)
    return said.getvalue()


def make_programs() -> list[Offer]:
    """Those that are not there yet. Returns the offers whose utility the grid does not have."""
    homeless = []
    for offer in OFFERS:
        if not Utility.objects.filter(eia_id=offer.owner_eia_id).exists():
            homeless.append(offer)
        elif not Program.objects.filter(name=offer.name, owner__eia_id=offer.owner_eia_id).exists():
            create_program(
                offer.name,
                owner_eia_id=offer.owner_eia_id,
                type=offer.type,
                device_types=offer.device_types,
                **offer.terms,
            )
    return homeless


@transaction.atomic
def take_on_partner(*, now: datetime) -> str:
    """Credentials as JSON. A partner of an earlier demo gets new ones, and the old ones end."""
    partner = Partner.objects.filter(name=PARTNER).first()
    if partner is None:
        made = create_partner(PARTNER, kind=Partner.Kind.OEM, now=now, by=BY)
        return as_json(client_members(made.client), key_members(made.key))
    for key in partner.signing_keys.filter(revoked_at=None):
        revoke_signing_key(key, now=now, by=BY, reason="the demo runs again")
    for application in partner.applications.filter(revoked_at=None):
        revoke_application(application, now=now, by=BY, reason="the demo runs again")
    return as_json(client_members(add_application(partner)), key_members(add_signing_key(partner, now=now)))


@transaction.atomic
def end_earlier_enrollments(*, now: datetime) -> int:
    """So that programs have the same room every time."""
    earlier = Enrollment.objects.locked().open().filter(partner__name=PARTNER)
    for enrollment in (ended := list(earlier)):
        lifecycle.revoke(enrollment, reason="demo_repeated", now=now, by=BY)
    return len(ended)


def let_administrator_in() -> str:
    """A new password, known to nobody else and kept nowhere."""
    password = secrets.token_urlsafe(12)
    user, _ = User.objects.get_or_create(username=ADMINISTRATOR)
    user.is_staff = user.is_superuser = user.is_active = True
    user.set_password(password)
    user.save()
    return password
