"""The documents that partners send, in their shape (contract §3)."""

import ipaddress
import re
from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError

from devices.kinds import KINDS, RATINGS, DeviceType, takes_command
from enrollments.models import Consent
from partners.wire import Choice, Day, Flag, Identifier, Instant, ListOf, Number, Text, WireSerializer
from programs.models import ProgramType
from territories.addresses import USPS_CODES

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
    eligibility = EligibilityDocument(required=False, allow_null=True)


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
