"""The documents that partners send (contract §3): their shape, and how they become claims."""

import ipaddress
import re
from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError

from devices.kinds import KINDS, RATINGS, DeviceType, takes_command
from enrollments.claims import DeviceClaim, EligibilityClaim, EnrollmentClaim, SiteClaim
from enrollments.consent import Claim as ConsentClaim
from enrollments.matching import site_claim as present_site
from enrollments.models import Consent, Enrollment
from partners.wire import Choice, Day, Flag, Identifier, Instant, ListOf, Number, Text, WireSerializer
from programs.eligibility import Applicant
from programs.models import ProgramType
from territories.addresses import USPS_CODES, Address

ELIGIBILITY_COLUMNS: tuple[tuple[str, str, Any], ...] = (
    ("program_ids", "program_choice", ()),
    ("utility_account_verified", "account_claimed_verified", False),
    ("installer_id", "installer_id", ""),
    ("sales_channel", "sales_channel", ""),
)
POSTAL_CODE = re.compile(r"\d{5}(-\d{4})?", re.ASCII)
ON_OPT_IN = ("grantedAt", "source", "termsVersion", "programTypes")
MOST_COMMANDS = 100
MOST_PROGRAMS = 100


class StateField(Text):
    """A USPS code, in any case."""

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data).strip().upper()
        if code not in USPS_CODES:
            raise ValidationError("Must be a USPS code of a state or territory, such as CA or PR.", code="invalid")
        return code


class PostalCodeField(Text):
    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data)
        if not POSTAL_CODE.fullmatch(code):
            raise ValidationError("Must be a ZIP code, as 94903 or 94903-1234.", code="invalid")
        return code


class IPAddressField(Text):
    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            raise ValidationError("Must be an IPv4 or IPv6 address.", code="invalid") from None


class AddressDocument(WireSerializer):
    street_one = Text()
    street_two = Text(required=False, allow_null=True, allow_blank=True)
    city = Text(max_length=100)
    state = StateField()
    postal_code = PostalCodeField()
    country = Choice(choices=["US", "USA"])


class CoordinatesDocument(WireSerializer):
    latitude = Number(min_value=-90, max_value=90)
    longitude = Number(min_value=-180, max_value=180)


class UtilityHintDocument(WireSerializer):
    eia_id = Text(required=False, max_length=16)
    name = Text(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise ValidationError("Must name the utility by eiaId or by name.", code="invalid")
        return attrs


class SiteDocument(WireSerializer):
    address = AddressDocument()
    coordinates = CoordinatesDocument(required=False, allow_null=True)
    utility_hint = UtilityHintDocument(required=False, allow_null=True)


class CapabilitiesDocument(WireSerializer):
    controllable = Flag()
    telemetry = Flag()
    commands = ListOf(child=Text(max_length=60), max_length=MOST_COMMANDS)


class RatingsDocument(WireSerializer):
    def get_fields(self) -> dict[str, Any]:
        return {name: Number(required=False, min_value=0, max_value=1e12) for name in RATINGS}


def command_faults(device_type: Any, capabilities: Any) -> dict[str, Any]:
    """Commands that are not the device type's own; nothing where either is not of the right form anyway."""
    commands = capabilities.get("commands") if isinstance(capabilities, dict) else None
    if not isinstance(device_type, str) or device_type not in KINDS or not isinstance(commands, list):
        return {}
    foreign = {
        place: [ErrorDetail(f"Not a command of a {device_type}.", code="invalid")]
        for place, command in enumerate(commands)
        if isinstance(command, str) and not takes_command(device_type, command)
    }
    return {"capabilities": {"commands": foreign}} if foreign else {}


class DeviceKindDocument(WireSerializer):
    """What eligibility hangs on. Commands are checked beside the other fields, so that all faults come at once."""

    type = Choice(choices=[kind.value for kind in DeviceType])
    capabilities = CapabilitiesDocument()

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        extra = command_faults(data.get("type"), data.get("capabilities")) if isinstance(data, dict) else {}
        return _with_faults(super().to_internal_value, data, extra)


class DeviceDocument(DeviceKindDocument):
    manufacturer_device_id = Text()
    serial_number = Text()
    manufacturer = Text()
    model = Text()
    commissioned_on = Day()
    ratings = RatingsDocument(required=False, allow_null=True)


class EvidenceDocument(WireSerializer):
    method = Text(required=False)
    ip_address = IPAddressField(required=False)
    user_agent = Text(required=False, max_length=1000)


class ConsentDocument(WireSerializer):
    """Where `optedIn` is true the rest is required."""

    opted_in = Flag()
    granted_at = Instant(required=False)
    source = Choice(choices=Consent.Source.values, required=False)  # type: ignore[assignment]
    terms_version = Text(required=False)
    program_types = ListOf(child=Choice(choices=ProgramType.values), required=False, max_length=50)
    evidence = EvidenceDocument(required=False, allow_null=True)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        missing = {}
        if isinstance(data, dict) and data.get("optedIn") is True:
            missing = {
                name: [ErrorDetail("Required where optedIn is true.", code="required")]
                for name in ON_OPT_IN
                if name not in data
            }
        return _with_faults(super().to_internal_value, data, missing)


class GivenConsentDocument(ConsentDocument):
    """A consent of its own, which must be an opt-in: a revocation is an event."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        refused = {}
        if isinstance(data, dict) and data.get("optedIn") is False:
            refused = {"optedIn": [ErrorDetail("Must be true: send a revocation as an event.", code="invalid")]}
        return _with_faults(super().to_internal_value, data, refused)


class CustomerDocument(WireSerializer):
    reference_id = Text()
    utility_account_number = Text(required=False, allow_null=True)


class EligibilityDocument(WireSerializer):
    program_ids = ListOf(child=Identifier(), required=False, allow_null=True, max_length=MOST_PROGRAMS)
    utility_account_verified = Flag(required=False)
    installer_id = Text(required=False, allow_null=True)
    sales_channel = Text(required=False, allow_null=True)


class EnrollmentDocument(WireSerializer):
    device = DeviceDocument()
    site = SiteDocument()
    customer = CustomerDocument()
    consent = ConsentDocument()
    eligibility = EligibilityDocument(required=False, allow_null=True)


class EligibilityQuestionDocument(WireSerializer):
    address = AddressDocument()
    device = DeviceKindDocument()


class BatchDocument(WireSerializer):
    """Each enrollment is read by itself, so that each stands or falls alone."""

    class Item(WireSerializer):
        def run_validation(self, data: Any = None) -> Any:
            return data

    enrollments = ListOf(child=Item(), min_length=1, max_length=500)  # contract §3


class BatchItemDocument(EnrollmentDocument):
    request_id = Text()


class CorrectedSiteDocument(WireSerializer):
    address = AddressDocument(required=False)
    coordinates = CoordinatesDocument(required=False, allow_null=True)
    utility_hint = UtilityHintDocument(required=False, allow_null=True)


class CorrectedCustomerDocument(WireSerializer):
    utility_account_number = Text(required=False, allow_null=True)


class CorrectionDocument(WireSerializer):
    """A JSON Merge Patch (RFC 7396): what is absent stays, null removes."""

    site = CorrectedSiteDocument(required=False)
    customer = CorrectedCustomerDocument(required=False)
    eligibility = EligibilityDocument(required=False)


def enrollment_claim(read: dict[str, Any]) -> EnrollmentClaim:
    customer = read["customer"]
    return EnrollmentClaim(
        device=_device_claim(read["device"]),
        site=site_claim(read["site"]),
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
        evidence={name: value for name, value in evidence.items() if value},
    )


def site_claim(read: dict[str, Any]) -> SiteClaim:
    return SiteClaim(
        address=address(read["address"]),
        coordinates=point(read.get("coordinates")),
        utility_hint=hint_on_wire(read.get("utility_hint")),
    )


def correction_of(read: dict[str, Any], enrollment: Enrollment) -> tuple[SiteClaim | None, dict[str, Any]]:
    """The site to match again, None where it is left alone, and the columns to set."""
    changes: dict[str, Any] = {}
    if "utility_account_number" in read.get("customer", {}):
        changes["utility_account_number"] = read["customer"]["utility_account_number"] or ""
    for name, column, empty in ELIGIBILITY_COLUMNS:
        if name in read.get("eligibility", {}):
            changes[column] = read["eligibility"][name] or empty
    site = corrected_site(read["site"], enrollment) if read.get("site") else None
    return site, changes


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
    commands = capabilities["commands"] if capabilities["controllable"] else ()
    return SiteClaim(address(read["address"])), Applicant(device["type"], frozenset(commands))


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


def _with_faults(read: Any, data: Any, extra: dict[str, Any]) -> dict[str, Any]:
    """Reads, and adds faults that lie between fields to those that lie in them."""
    try:
        values: dict[str, Any] = read(data)
    except ValidationError as fault:
        if isinstance(fault.detail, dict):
            raise ValidationError(_merged(fault.detail, extra)) from fault
        raise
    if extra:
        raise ValidationError(extra)
    return values


def _merged(faults: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    both = {name: faults[name] for name in faults}
    for name, detail in extra.items():
        inner = both.get(name)
        both[name] = _merged(inner, detail) if isinstance(inner, dict) and isinstance(detail, dict) else inner or detail
    return both
