"""What a partner states in an enrollment (§11.2), typed and already well-formed."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from enrollments.consent import Claim as ConsentClaim
from territories.addresses import Address


@dataclass(frozen=True, slots=True)
class DeviceClaim:
    manufacturer_device_id: str
    serial_number: str
    manufacturer: str
    model: str
    type: str
    commissioned_on: date
    controllable: bool
    telemetry: bool
    commands: tuple[str, ...]
    ratings: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SiteClaim:
    """`coordinates` are (latitude, longitude); `utility_hint` is `{"eiaId"}` or `{"name"}`: evidence, both, and so is
    the number of the customer's utility account.
    """

    address: Address
    coordinates: tuple[float, float] | None = None
    utility_hint: dict[str, str] | None = None
    utility_account_number: str = ""


@dataclass(frozen=True, slots=True)
class EligibilityClaim:
    program_ids: tuple[UUID, ...] = ()
    account_verified: bool = False
    installer_id: str = ""
    sales_channel: str = ""


@dataclass(frozen=True, slots=True)
class EnrollmentClaim:
    """`consent` is None where the customer has not opted in."""

    device: DeviceClaim
    site: SiteClaim
    customer_reference: str
    utility_account_number: str = ""
    consent: ConsentClaim | None = None
    eligibility: EligibilityClaim = field(default_factory=EligibilityClaim)
