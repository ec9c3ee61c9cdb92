"""Every call of the partner API, in the order in which the docs tell of them."""

from django.conf import settings

from texture_portal.openapi.calls.call import Call
from texture_portal.openapi.calls.devices import DEVICE_CALLS
from texture_portal.openapi.calls.enrollments import ENROLLMENT_CALLS
from texture_portal.openapi.calls.maintenance import MAINTENANCE_CALLS
from texture_portal.openapi.calls.sandbox import SANDBOX_CALLS
from texture_portal.openapi.calls.webhooks import WEBHOOK_CALLS

CALLS: tuple[Call, ...] = (
    *ENROLLMENT_CALLS,
    *DEVICE_CALLS,
    *MAINTENANCE_CALLS,
    *WEBHOOK_CALLS,
    *(SANDBOX_CALLS if settings.SANDBOX else ()),
)
