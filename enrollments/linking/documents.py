"""What partners send for a link session (contract §3)."""

from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError

from enrollments.linking.asked import Asked
from enrollments.models import LinkSession
from partners.wire import Choice, Identifier, ListOf, Text, WireSerializer

MOST_FILTERS = 20
EITHER = ("enrollmentId", "manufacturerDeviceId")


class LinkedCustomerDocument(WireSerializer):
    reference_id = Text()


class LinkSessionDocument(WireSerializer):
    """Exactly one of `EITHER`."""

    enrollment_id = Identifier(required=False)
    manufacturer_device_id = Text(required=False)
    redirect_url = Text(required=False, max_length=500)
    language = Choice(choices=LinkSession.Language.values, required=False)
    manufacturer_filters = ListOf(child=Text(), required=False, max_length=MOST_FILTERS)
    customer = LinkedCustomerDocument(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        named = [name for name in ("enrollment_id", "manufacturer_device_id") if name in attrs]
        if not named:
            fault = ErrorDetail("Name the device, by enrollmentId or by manufacturerDeviceId.", code="required")
            raise ValidationError({EITHER[0]: [fault]})
        if len(named) > 1:
            fault = ErrorDetail("Name the device by one of enrollmentId and manufacturerDeviceId.", code="invalid")
            raise ValidationError({EITHER[1]: [fault]})
        return attrs


def asked_by(read: dict[str, Any]) -> Asked:
    return Asked(
        enrollment_id=read.get("enrollment_id"),
        device_id=read.get("manufacturer_device_id", ""),
        redirect_url=read.get("redirect_url", ""),
        language=read.get("language", ""),
        manufacturer_filters=tuple(read.get("manufacturer_filters", ())),
        customer_reference=read.get("customer", {}).get("reference_id", ""),
    )
