"""One site per customer and normalised address, however many of its devices are enrolled at once."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from territories import index
from territories.addresses import Address
from territories.geocoding import Location
from territories.matching import Match, Overlay
from territories.models import Site, Utility

ADDRESS_FIELDS = ("street_one", "street_two", "city", "state", "postal_code", "country")


@transaction.atomic
def save_site(
    *, customer_id: UUID, address: Address, location: Location | None, match: Match | None, now: datetime
) -> Site:
    """Makes or updates the site, and locks its row until the transaction ends.

    What is known is never forgotten for the lack of an answer: no location, a coarser one, or a match that did not
    decide leave the site as it was. What a person decided stays, whatever a match says.
    """
    new = draft_site(customer_id=customer_id, address=address, location=None, match=None, now=now)
    Site.objects.bulk_create([new], ignore_conflicts=True)
    site = Site.objects.select_for_update().get(customer_id=customer_id, address_key=address.key)
    before = _facts(site)
    _learn(site, location, match)
    if _facts(site) != before:
        site.updated_at = now
        site.save()
    return site


def draft_site(
    *, customer_id: UUID, address: Address, location: Location | None, match: Match | None, now: datetime
) -> Site:
    """The site of a customer who has none yet, as a row to be written."""
    site = Site(customer_id=customer_id, address_key=address.key, created_at=now, updated_at=now)
    for field in ADDRESS_FIELDS:
        setattr(site, field, getattr(address, field))
    site.state = address.state.strip().upper()
    _learn(site, location, match)
    return site


def decide_site(site: Site, *, utility: Utility, now: datetime) -> Overlay:
    """A person says which utility serves it; which CCA supplies over its wires is found by their boundaries."""
    overlay = index.overlay(site, segment=utility.segment)
    _set_utility(site, utility, cca_id=overlay.cca_id, overlay=overlay)
    site.decided_at = site.updated_at = now
    site.save(update_fields=["utility", "cca", "decided_at", "updated_at"])
    return overlay


def _learn(site: Site, location: Location | None, match: Match | None) -> None:
    if location is not None:
        _place(site, location)
    if match is None or match.utility_id is None or site.decided_at is not None:
        return
    _set_utility(site, index.utility(match.utility_id), cca_id=match.cca_id, overlay=match.overlay)


def _set_utility(site: Site, utility: Utility | None, *, cca_id: UUID | None, overlay: Overlay) -> None:
    """The same utility keeps the CCA that is known where it is open which one supplies."""
    is_same = utility is not None and utility.pk == site.utility_id
    site.utility = utility
    if not (is_same and overlay.outcome == "ambiguous"):
        site.cca = index.utility(cca_id)


def _place(site: Site, location: Location) -> None:
    if site.accuracy_meters is not None and location.accuracy_meters > site.accuracy_meters:
        return
    site.latitude, site.longitude = location.latitude, location.longitude
    site.accuracy_meters = location.accuracy_meters
    site.timezone, site.geocoder = location.timezone, location.geocoder


def _facts(site: Site) -> tuple[object, ...]:
    return (
        site.latitude,
        site.longitude,
        site.accuracy_meters,
        site.timezone,
        site.geocoder,
        site.utility_id,
        site.cca_id,
    )
