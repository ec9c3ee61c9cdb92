"""Which sites an address means, typed as people type it: `1600 Main Street, Springfield`, or its beginning."""

from uuid import UUID

from django.db.models.functions import Collate

from territories.addresses import abbreviated
from territories.models import Site
from texture_portal.console.search import MOST_FOUND

SHORTEST = 6  # characters of a street: fewer begin too many addresses
LAST = "\U0010ffff"  # after whatever a key goes on with


def site_ids(term: str) -> list[UUID]:
    """By the beginning of the normalised address, so that it takes the index. A street has a number."""
    beginning = _beginning(term)
    if not beginning:
        return []
    keys = Site.objects.alias(key=Collate("address_key", "C"))
    found = keys.filter(key__gte=beginning, key__lt=beginning + LAST).order_by()
    return list(found.values_list("pk", flat=True)[:MOST_FOUND])


def _beginning(term: str) -> str:
    street, _, rest = term.partition(",")
    street, city = abbreviated(street), abbreviated(rest.partition(",")[0])
    if len(street) < SHORTEST or not any(letter.isdigit() for letter in street) or " " not in street:
        return ""
    return f"{street}|{city}" if city else street
