"""How the documents that partners send become claims."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from enrollments.claims import DeviceClaim, EligibilityClaim, EnrollmentClaim, SiteClaim
from enrollments.consent import Claim as ConsentClaim
from enrollments.matching import site_claim as present_site
from enrollments.models import Enrollment
from enrollments.models.enrollment import MatchOutcome
from partners.wire import camel_case
from programs.eligibility import Applicant, usable
from territories.addresses import Address

ELIGIBILITY_COLUMNS: tuple[tuple[str, str, Any], ...] = (
    ("program_ids", "program_choice", ()),
    ("utility_account_verified", "account_claimed_verified", False),
    ("installer_id", "installer_id", ""),
    ("sales_channel", "sales_channel", ""),
)


def enrollment_claim(read: dict[str, Any]) -> EnrollmentClaim:
    customer = read["customer"]
    return EnrollmentClaim(
        device=_device_claim(read["device"]),
        site=site_claim(read["site"], account_number=customer.get("utility_account_number") or ""),
        customer_reference=customer["reference_id"],
        utility_account_number=customer.get("utility_account_number") or "",
        consent=consent_claim(read["consent"]) if read["consent"]["opted_in"] else None,
        eligibility=_eligibility_claim(read.get("eligibility") or {}),
    )


def consent_claim(read: dict[str, Any]) -> ConsentClaim:
    evidence = read.get("evidence") or {}
    return ConsentClaim(
        granted_at=read["granted_at"],
        source=read["source"],
        terms_version=read["terms_version"],
        program_types=tuple(read["program_types"]),
        evidence={camel_case(name): value for name, value in evidence.items() if value},
    )


def site_claim(read: dict[str, Any], *, account_number: str = "") -> SiteClaim:
    return SiteClaim(
        address=address(read["address"]),
        coordinates=point(read.get("coordinates")),
        utility_hint=hint_on_wire(read.get("utility_hint")),
        utility_account_number=account_number,
    )


def correction_of(read: dict[str, Any], enrollment: Enrollment) -> tuple[SiteClaim | None, dict[str, Any]]:
    """The site to match again, None where it is left alone, and the columns to set.

    Where it is open which utility serves the site, the number of the account is evidence too.
    """
    changes: dict[str, Any] = {}
    if "utility_account_number" in read.get("customer", {}):
        changes["utility_account_number"] = read["customer"]["utility_account_number"] or ""
    if "eligibility" in read:
        sent = read["eligibility"]
        for name, column, empty in ELIGIBILITY_COLUMNS:
            if sent is None or name in sent:
                changes[column] = (sent or {}).get(name) or empty
    number = changes.get("utility_account_number", enrollment.utility_account_number)
    tells_more = number != enrollment.utility_account_number and enrollment.match_outcome == MatchOutcome.AMBIGUOUS
    if not (read.get("site") or tells_more):
        return None, changes
    return replace(corrected_site(read.get("site") or {}, enrollment), utility_account_number=number), changes


def programs_named(read: dict[str, Any]) -> tuple[UUID, ...]:
    return tuple((read.get("eligibility") or {}).get("program_ids") or ())


def corrected_site(read: dict[str, Any], enrollment: Enrollment) -> SiteClaim:
    """A new address drops the coordinates of the old one, unless new ones come with it."""
    present = present_site(enrollment)
    moved = "address" in read
    return SiteClaim(
        address=address(read["address"]) if moved else present.address,
        coordinates=point(read.get("coordinates")) if moved or "coordinates" in read else present.coordinates,
        utility_hint=hint_on_wire(read["utility_hint"]) if "utility_hint" in read else present.utility_hint,
    )


def point(read: dict[str, float] | None) -> tuple[float, float] | None:
    return (read["latitude"], read["longitude"]) if read else None


def question_of(read: dict[str, Any]) -> tuple[SiteClaim, Applicant]:
    device = read["device"]
    capabilities = device["capabilities"]
    commands = usable(capabilities["commands"], controllable=capabilities["controllable"])
    return SiteClaim(address(read["address"])), Applicant(device["type"], commands)


def address(read: dict[str, Any]) -> Address:
    return Address(
        street_one=read["street_one"],
        street_two=read.get("street_two") or "",
        city=read["city"],
        state=read["state"],
        postal_code=read["postal_code"],
    )


def hint_on_wire(read: dict[str, str] | None) -> dict[str, str] | None:
    return {("eiaId" if name == "eia_id" else name): value for name, value in read.items()} if read else None


def _device_claim(read: dict[str, Any]) -> DeviceClaim:
    capabilities = read["capabilities"]
    return DeviceClaim(
        manufacturer_device_id=read["manufacturer_device_id"],
        serial_number=read["serial_number"],
        manufacturer=read["manufacturer"],
        model=read["model"],
        type=read["type"],
        commissioned_on=read["commissioned_on"],
        controllable=capabilities["controllable"],
        telemetry=capabilities["telemetry"],
        commands=tuple(capabilities["commands"]),
        ratings=read.get("ratings") or {},
    )


def _eligibility_claim(read: dict[str, Any]) -> EligibilityClaim:
    return EligibilityClaim(
        program_ids=tuple(read.get("program_ids") or ()),
        account_verified=read.get("utility_account_verified", False),
        installer_id=read.get("installer_id") or "",
        sales_channel=read.get("sales_channel") or "",
    )
