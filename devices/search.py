"""Which devices a term means: looked up by equality, so that it takes an index however many there are."""

from uuid import UUID

from django.db.models import Q

from devices.models import Device
from partners.models import Customer, Partner
from texture_portal.console.search import MOST_FOUND, as_uuid


def device_ids(term: str) -> list[UUID]:
    """By id, serial number (as written, or in capitals), or the manufacturer's id at any partner."""
    wanted = (
        Q(serial_number__in={term, term.upper()})
        | Q(manufacturer_device_id=term, partner__in=_partners())
        | Q(pk=as_uuid(term))
    )
    return list(Device.objects.filter(wanted).order_by().values_list("pk", flat=True)[:MOST_FOUND])


def customer_ids(term: str) -> list[UUID]:
    """By the reference at any partner."""
    wanted = Customer.objects.filter(partner__in=_partners(), reference_id=term)
    return list(wanted.values_list("pk", flat=True)[:MOST_FOUND])


def _partners() -> list[UUID]:
    """All of them, which are few: the indexes of what a partner names begin with the partner."""
    return list(Partner.objects.order_by().values_list("pk", flat=True))
