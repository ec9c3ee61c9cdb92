"""Every geocoder that can be named in the setting GEOCODERS. A new one is a new entry here."""

from collections.abc import Sequence

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from territories.addresses import Address
from territories.geocoding import census, geopy_backed, staged
from territories.geocoding.base import Geocoder, Location
from territories.geocoding.census import ask_census
from territories.geocoding.census_batch import ask_census_for_many
from territories.geocoding.postal import look_up_zip_code


def _offline(address: Address, seconds: float) -> Location:
    return look_up_zip_code(address)


def _staged(address: Address, seconds: float) -> Location:
    return staged.look_up_staged(address)


GEOCODERS: dict[str, Geocoder] = {
    each.name: each
    for each in (
        Geocoder("postal", _offline, asks_outside=False),
        Geocoder(staged.NAME, _staged, asks_outside=False),
        Geocoder(census.NAME, ask_census, ask_census_for_many, at_once=4),
        *geopy_backed.geocoders(),
    )
}


def chain() -> Sequence[Geocoder]:
    """In the order in which they are asked."""
    if faults := configuration_faults():
        raise ImproperlyConfigured(" ".join(faults))
    return [GEOCODERS[name] for name in settings.GEOCODERS]


def configuration_faults() -> list[str]:
    known = f"Remedy: name only {', '.join(sorted(GEOCODERS))}."
    faults = [f"GEOCODERS names {name!r}. {known}" for name in settings.GEOCODERS if name not in GEOCODERS]
    named = (GEOCODERS[name] for name in settings.GEOCODERS if name in GEOCODERS)
    if staged.NAME in settings.GEOCODERS and not settings.SANDBOX:
        faults.append(f"GEOCODERS names {staged.NAME!r}, which is for sandboxes. Remedy: SANDBOX=on, or name another.")
    return faults + [
        f"GEOCODERS names {each.name!r}, which wants a key. Remedy: set GEOCODER_KEY_{each.name.upper()}."
        for each in named
        if each.wants_key and not settings.GEOCODER_KEYS.get(each.name)
    ]
