"""Which enrollments a term means: by id, request id, device, serial number or customer."""

from uuid import UUID

from django.db.models import Q

from devices.search import customer_ids, device_ids
from enrollments.models import Consent, Enrollment
from partners.models import SignedRequest
from texture_portal.console.search import MOST_FOUND, as_uuid

HELP = "Whole serial number, device id, customer reference, enrollment or request id"


def enrollment_ids(term: str) -> list[UUID]:
    wanted = Q(device__in=device_ids(term)) | Q(customer__in=customer_ids(term))
    if (identifier := as_uuid(term)) is not None:
        wanted |= Q(pk=identifier) | Q(pk__in=_by_request(identifier))
    return list(Enrollment.objects.filter(wanted).order_by().values_list("pk", flat=True)[:MOST_FOUND])


def _by_request(request_id: UUID) -> list[UUID]:
    """What a signed request of this id opened, or consented to."""
    signed = list(SignedRequest.objects.filter(request_id=request_id).values_list("pk", "customer_id")[:MOST_FOUND])
    requests, customers = [each[0] for each in signed], [each[1] for each in signed]
    opened = Enrollment.objects.filter(customer__in=customers, opening_request__in=requests).order_by()
    consented = Consent.objects.filter(signed_request__in=requests).order_by()
    return [*opened.values_list("pk", flat=True), *consented.values_list("enrollment_id", flat=True)]
