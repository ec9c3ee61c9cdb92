from dataclasses import replace

import pytest

from territories.addresses import Address
from territories.geocoding import AddressNotFoundError, locate
from territories.geocoding.base import meters_between
from tests.territories.conftest import real_addresses

CIVIC_CENTER = Address("3501 Civic Center Dr", "", "San Rafael", "CA", "94903")


def test_an_address_is_located_at_its_zip_codes_centroid_with_an_honest_radius():
    location = locate(CIVIC_CENTER)
    assert meters_between((location.latitude, location.longitude), (37.9975, -122.5311)) <= location.accuracy_meters
    assert 1_000 < location.accuracy_meters < 20_000
    assert (location.timezone, location.geocoder) == ("America/Los_Angeles", "postal")
    assert (location.county, location.state) == ("Marin County", "CA")


@pytest.mark.parametrize(
    ("city", "state", "postal_code"),
    [
        ("Terra Linda", "CA", "94903"),  # a name the post office knows but does not like
        ("st paul", "MN", "55101-1234"),
        ("Fort Worth", "TX", "76102"),
        ("Ft. Worth", "tx", "76102"),
        ("Nashville", "TN", "37013"),  # Antioch's
        ("Anchorage", "AK", "99577"),  # Eagle River's
        ("Yarmouth", "MA", "02664"),  # South Yarmouth's
    ],
)
def test_the_names_people_give_their_city_are_taken(city, state, postal_code):
    assert locate(Address("1 Main St", "", city, state, postal_code)).state == state.upper()


@pytest.mark.parametrize(
    ("change", "pointer", "suggestion"),
    [
        ({"postal_code": "94900"}, "/postalCode", "San Rafael, CA 94901"),
        ({"state": "NV"}, "/state", "San Rafael, CA 94903"),
        ({"city": "Reno", "state": "NV"}, "/postalCode", "San Rafael, CA 94903"),
        ({"city": "Fresno"}, "/city", "San Rafael, CA 94903"),
        ({"postal_code": "abcde"}, "/postalCode", None),
    ],
)
def test_an_address_that_contradicts_itself_is_refused_with_what_may_be_meant(change, pointer, suggestion):
    with pytest.raises(AddressNotFoundError) as refused:
        locate(replace(CIVIC_CENTER, **change))
    assert refused.value.pointer == pointer
    assert suggestion is None or suggestion in refused.value.suggestions
    assert len(refused.value.suggestions) <= 3


def test_the_reason_repeats_nothing_of_the_street():
    with pytest.raises(AddressNotFoundError) as refused:
        locate(replace(CIVIC_CENTER, city="Nowhere"))
    assert "Civic" not in str(refused.value)


@pytest.mark.parametrize(
    ("city", "state", "postal_code", "why"),
    [("APO", "AE", "09001", "military"), ("Kolonia", "FM", "96941", "no known location")],
)
def test_a_zip_code_without_a_place_on_the_map_is_refused_with_the_reason(city, state, postal_code, why):
    with pytest.raises(AddressNotFoundError, match=why):
        locate(Address("1 Main St", "", city, state, postal_code))


def test_the_marshall_islands_are_on_their_side_of_the_date_line():
    location = locate(Address("1 Main St", "", "Majuro", "MH", "96960"))
    assert location.longitude == pytest.approx(171.2, abs=0.5)
    assert location.timezone == "Pacific/Majuro"


def test_the_partners_coordinates_are_used_where_they_agree():
    location = locate(CIVIC_CENTER, coordinates=(37.9975, -122.5311))
    assert (location.latitude, location.longitude) == (37.9975, -122.5311)
    assert location.accuracy_meters == 50
    assert location.note == ""


@pytest.mark.parametrize(
    ("coordinates", "note"),
    [
        ((34.05, -118.24), "km from the address"),
        ((-122.5, 37.9), "no place on earth"),
        ((float("nan"), 0.0), "no place"),
    ],
)
def test_the_partners_coordinates_are_noted_and_set_aside_where_they_do_not(coordinates, note):
    location = locate(CIVIC_CENTER, coordinates=coordinates)
    plain = locate(CIVIC_CENTER)
    assert (location.latitude, location.longitude) == (plain.latitude, plain.longitude)
    assert location.accuracy_meters == plain.accuracy_meters
    assert note in location.note


@pytest.mark.real_data
def test_of_real_addresses_95_percent_lie_within_the_radius_and_99_are_taken(real_data):
    rows = real_addresses(real_data)
    found = within = 0
    for row in rows:
        try:
            location = locate(Address(row["address1"], "", row["city"], row["state"], row["postal_code"]))
        except AddressNotFoundError:
            continue
        found += 1
        true_place = (row["coordinates"]["lat"], row["coordinates"]["lng"])
        within += meters_between((location.latitude, location.longitude), true_place) <= location.accuracy_meters
    assert found / len(rows) >= 0.99
    assert within / found >= 0.95
