"""Recurring work on what geocoders said."""

from datetime import datetime

from territories.geocoding import places
from territories.geocoding.geocoders import GEOCODERS


def purge_known_places(*, now: datetime) -> int:
    """Answers older than the setting, or the geocoder's terms, let them be kept."""
    return places.purge(GEOCODERS.values(), now=now)
