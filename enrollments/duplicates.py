"""One device, one open enrollment (contract §3): who has this device already, and what that means to whom."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db.models import Max, Q

from devices.models import Device
from enrollments import erased_devices
from enrollments.claims import DeviceClaim, EnrollmentClaim
from enrollments.models import Enrollment, PartnerEvent
from partners.models import Partner
from partners.models.partner import same_name
from texture_portal import prepared
from texture_portal.refusals import Refusal, refuse

KNOWN = """
SELECT place FROM unnest(%(devices)s::text[], %(serials)s::text[], %(customers)s::text[], %(digests)s::text[])
    WITH ORDINALITY AS asked (device, serial, customer, digests, place),
LATERAL (
    SELECT 1 FROM devices_device WHERE partner_id = %(partner)s AND manufacturer_device_id = device
    UNION ALL
    SELECT 1 FROM devices_device WHERE serial_key = serial
    UNION ALL
    SELECT 1 FROM partners_customer WHERE partner_id = %(partner)s AND reference_id = customer
    UNION ALL
    SELECT 1 FROM enrollments_partnerevent WHERE partner_id = %(partner)s AND manufacturer_device_id = device
    UNION ALL
    SELECT 1 FROM enrollments_eraseddevice
    WHERE partner_id = %(partner)s AND device_digest = ANY (string_to_array(digests, ' '))
    LIMIT 1
) AS found
"""
LONGEST_KEY, KEPT_OF_LONG = 600, 500  # characters of `Device.serial_key`
SERIAL_UNDER_ANOTHER_ID = "serial_number_under_another_id"


def serial_key(claim: DeviceClaim) -> str:
    return key_of(manufacturer=claim.manufacturer, serial_number=claim.serial_number)


def key_of(*, manufacturer: str, serial_number: str) -> str:
    """Names that folding makes longer than the column end in a digest of the whole: alike is alike still."""
    whole = f"{same_name(manufacturer)}|{same_name(serial_number)}"
    return whole if len(whole) <= LONGEST_KEY else f"{whole[:KEPT_OF_LONG]}|{sha256(whole.encode()).hexdigest()}"


def device_name(partner_id: UUID, manufacturer_device_id: str) -> str:
    return f"device|{partner_id}|{manufacturer_device_id}"


def names(partner: Partner, claim: EnrollmentClaim) -> tuple[str, ...]:
    """What a transaction must hold alone to enroll this device, and to make this customer."""
    return (
        device_name(partner.pk, claim.device.manufacturer_device_id),
        f"serial|{serial_key(claim.device)}",
        f"customer|{partner.pk}|{claim.customer_reference}",
    )


def known_among(partner: Partner, claims: Sequence[EnrollmentClaim]) -> set[int]:
    """The places of those of whose device or customer there is anything to look for: mostly both are new."""
    asked = {
        "partner": partner.pk,
        "devices": [claim.device.manufacturer_device_id for claim in claims],
        "serials": [serial_key(claim.device) for claim in claims],
        "customers": [claim.customer_reference for claim in claims],
        "digests": [
            " ".join(erased_devices.digests(partner.pk, claim.device.manufacturer_device_id)) for claim in claims
        ],
    }
    return {place - 1 for (place,) in prepared.rows(KNOWN, asked)}


def known_device(partner: Partner, claim: DeviceClaim) -> tuple[Device | None, Enrollment | None]:
    """The partner's device of that id, and its open enrollment where the customer linked it by OAuth only.

    Raises `Refusal` `enrollment_exists` or `device_enrolled_elsewhere`; the latter tells nothing of the other.
    """
    same_id = Q(partner=partner, manufacturer_device_id=claim.manufacturer_device_id)
    devices = list(Device.objects.filter(same_id | Q(serial_key=serial_key(claim))))
    if not devices:
        return None, None
    own = next((each for each in devices if each.partner_id == partner.pk and _same_id(each, claim)), None)
    oauth_only = None
    for enrollment in Enrollment.objects.open().filter(device__in=devices).select_related("device"):
        if own is not None and enrollment.device_id == own.pk and enrollment.method == Enrollment.Method.OAUTH:
            oauth_only = enrollment
        else:
            raise _refusal(enrollment, partner, claim)
    return own, oauth_only


def last_revocation(partner: Partner, manufacturer_device_id: str) -> datetime | None:
    """When consent for this device was last revoked: in any enrollment of it, before anybody knew it, or by a person
    whose data are deleted since.
    """
    of_device = Enrollment.objects.filter(
        device__partner=partner, device__manufacturer_device_id=manufacturer_device_id
    )
    in_enrollments: datetime | None = of_device.aggregate(latest=Max("consent_revoked_at"))["latest"]
    before_any = PartnerEvent.objects.last_revocation(
        partner_id=partner.pk, manufacturer_device_id=manufacturer_device_id
    )
    erased = erased_devices.last_revocation(partner.pk, manufacturer_device_id)
    return max(filter(None, (in_enrollments, before_any, erased)), default=None)


def _same_id(device: Device, claim: DeviceClaim) -> bool:
    return device.manufacturer_device_id == claim.manufacturer_device_id


def _refusal(enrollment: Enrollment, partner: Partner, claim: DeviceClaim) -> Refusal:
    if enrollment.partner_id != partner.pk:
        return Refusal(
            "device_enrolled_elsewhere",
            "A device of this manufacturer and serial number is enrolled already. If it is your customer's, "
            "write to support with this request's id.",
            flag="device_enrolled_elsewhere",
            about=enrollment.pk,
        )
    same_id = _same_id(enrollment.device, claim)
    pointer = "/device/manufacturerDeviceId" if same_id else "/device/serialNumber"
    refusal = refuse(
        "enrollment_exists",
        f"The device has an open enrollment ({enrollment.state})."
        if same_id
        else "Another device id of yours with this manufacturer and serial number has an open enrollment.",
        pointer=pointer,
    )
    refusal.more["enrollmentId"] = str(enrollment.pk)
    refusal.flag = "" if same_id else SERIAL_UNDER_ANOTHER_ID
    refusal.about = None if same_id else enrollment.pk
    return refusal
