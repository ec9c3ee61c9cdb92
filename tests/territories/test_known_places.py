"""Answers are kept by address with their source and age, and no row tells of the address or the place."""

from datetime import timedelta

import pytest
from django.db import connection

from territories import tasks
from territories.addresses import Address
from territories.geocoding import AddressNotFoundError, forget, locate, locate_many
from territories.models import KnownPlace
from texture_portal import clock

pytestmark = pytest.mark.django_db

ADDRESS = Address("3501 Civic Center Dr", "", "San Rafael", "CA", "94903")
SPELT_OTHERWISE = Address("3501 CIVIC CENTER DRIVE", "", "San Rafael", "ca", "94903-1234")


@pytest.fixture(autouse=True)
def _keeping(service, settings):
    settings.GEOCODERS, settings.GEOCODE_CACHE_DAYS = ["census", "postal"], 90


def age(days):
    KnownPlace.objects.update(answered_at=clock.now() - timedelta(days=days))


def test_the_same_address_in_another_spelling_is_asked_for_once(service):
    first, second = locate(ADDRESS), locate(SPELT_OTHERWISE)
    assert first == second
    assert len(service.asked) == 1
    kept = KnownPlace.objects.get()
    assert kept.geocoder == "census"
    assert (clock.now() - kept.answered_at).total_seconds() < 60


def test_the_partners_coordinates_are_not_kept_with_the_answer():
    there = locate(ADDRESS, coordinates=(37.9980, -122.5312))
    assert there.geocoder == "census+partner"
    assert locate(ADDRESS).geocoder == "census"


def test_an_answer_that_is_too_old_is_asked_for_anew(service):
    locate(ADDRESS)
    age(days=91)
    locate(ADDRESS)
    assert len(service.asked) == 2
    assert (clock.now() - KnownPlace.objects.get().answered_at).total_seconds() < 60


def test_a_chain_without_the_geocoder_does_not_use_its_answers(service, settings):
    locate(ADDRESS)
    settings.GEOCODERS = ["nominatim"]
    assert locate(ADDRESS).geocoder == "nominatim"


def test_terms_that_forbid_keeping_are_kept_to(service, settings):
    settings.GEOCODERS = ["arcgis"]
    locate(ADDRESS)
    assert not KnownPlace.objects.exists()
    settings.GEOCODERS = ["google"]
    locate(ADDRESS)
    age(days=31)
    locate(ADDRESS)
    assert len(service.asked) == 3


def test_neither_a_refusal_nor_the_offline_answer_is_kept(service, settings):
    service.places.clear()
    assert locate(ADDRESS).geocoder == "postal"
    settings.GEOCODERS = ["census"]
    with pytest.raises(AddressNotFoundError):
        locate(ADDRESS)
    assert not KnownPlace.objects.exists()


def test_nothing_is_kept_where_that_was_asked_for():
    assert locate(ADDRESS, keep=False).geocoder == "census"
    assert not KnownPlace.objects.exists()


def test_a_batch_asks_only_for_what_is_not_known(service):
    service.places["2 oak"] = [("2 OAK ST", 37.98, -122.52)]
    locate(ADDRESS)
    oak = Address("2 Oak St", "", "San Rafael", "CA", "94903")
    first, second = locate_many([(SPELT_OTHERWISE, None), (oak, None)])
    assert (first.latitude, second.latitude) == (37.9975, 37.98)
    assert [asked["street"] for _, asked, _ in service.asked] == ["3501 Civic Center Dr", "2 Oak St"]


def test_a_row_tells_neither_the_address_nor_the_place():
    locate(ADDRESS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT encode(digest, 'escape') || encode(sealed, 'escape') FROM territories_knownplace")
        [(row,)] = cursor.fetchall()
    for word in ("civic", "rafael", "94903", "37.99", "122.5"):
        assert word not in row.casefold()


def test_other_keys_do_not_find_it(service, settings):
    locate(ADDRESS)
    settings.DATA_KEYS = ["another key", *settings.DATA_KEYS]
    locate(ADDRESS)
    assert len(service.asked) == 2


def test_an_address_is_forgotten_on_erasure(service):
    locate(ADDRESS)
    assert forget([SPELT_OTHERWISE.key, "1 other st|other|ca|94903"]) == 1
    assert not KnownPlace.objects.exists()


def test_what_is_too_old_is_removed(settings):
    locate(ADDRESS)
    assert tasks.purge_known_places(now=clock.now()) == 0
    assert tasks.purge_known_places(now=clock.now() + timedelta(days=89)) == 0
    assert tasks.purge_known_places(now=clock.now() + timedelta(days=90)) == 1
    settings.GEOCODERS = ["google"]
    locate(ADDRESS)
    assert tasks.purge_known_places(now=clock.now() + timedelta(days=31)) == 1
