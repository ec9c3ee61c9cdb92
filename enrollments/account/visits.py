"""Who is logged in to My devices in this browser, and for how long. It stands in the server's session."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.http import HttpRequest

from partners.models import Customer
from texture_portal import underway

LASTS = timedelta(hours=1)
KEY = "account"


def let_in(request: HttpRequest, customers: Sequence[Customer], *, now: datetime) -> None:
    """Under a new session key: one that was planted before opens nothing."""
    underway.visits("customer", customers[0].pk)
    request.session.cycle_key()
    request.session[KEY] = {
        "customers": [str(customer.pk) for customer in customers],
        "until": (now + LASTS).isoformat(),
    }


def let_out(request: HttpRequest) -> None:
    request.session.pop(KEY, None)


def visitors(request: HttpRequest, *, now: datetime) -> list[Customer]:
    """The customers that whoever is in front of this browser is; none where nobody is logged in."""
    held = request.session.get(KEY)
    if not isinstance(held, dict) or now >= datetime.fromisoformat(held["until"]):
        return []
    rows = Customer.objects.filter(pk__in=held["customers"], sealed_data_key__isnull=False)
    found = list(rows.select_related("partner").order_by("pk"))
    if found:
        underway.visits("customer", found[0].pk)
    return found
