"""The Census geocoder's two forms: one address, and a file of them."""

import csv
import io

import pytest

from territories.addresses import Address
from territories.geocoding import AddressNotFoundError, GeocodersUnavailableError, Location, census, locate, locate_many
from tests.geocoders import SAN_RAFAEL, Trouble

pytestmark = pytest.mark.django_db

ADDRESS = Address("3501 Civic Center Dr", "", "San Rafael", "CA", "94903-1234")
TWINS = [("1 B ST, SAN RAFAEL, CA, 94903", 37.990, -122.53), ("1 B ST, SAN RAFAEL, CA, 94901", 37.998, -122.53)]
FAR_TWINS = [TWINS[0], ("1 B ST, SAN RAFAEL, CA, 94901", 38.090, -122.53)]


@pytest.fixture(autouse=True)
def _census(service, settings):
    settings.GEOCODERS = ["census"]


def at(street):
    return Address(street, "", "San Rafael", "CA", "94903")


def several(*streets):
    return locate_many([(at(street), None) for street in streets])


def test_the_published_protocol_is_spoken(service):
    location = locate(ADDRESS)
    assert location.accuracy_meters == census.ACCURACY_METERS
    [(path, asked, _)] = service.asked
    assert path == "/census/locations/address"
    assert asked == {
        "street": "3501 Civic Center Dr",
        "city": "San Rafael",
        "state": "CA",
        "zip": "94903",
        "benchmark": "Public_AR_Current",
        "format": "json",
    }


def test_an_address_it_refuses_is_not_found(service):
    service.lasting = Trouble(400, b'{"errors": ["Street address cannot be empty"], "status": "400"}')
    with pytest.raises(AddressNotFoundError, match="incomplete"):
        locate(ADDRESS)


def test_several_places_close_together_are_one_known_to_within_their_spread(service):
    service.places["1 b st"] = TWINS
    assert 900 < locate(at("1 B St")).accuracy_meters < 1100


def test_several_places_far_apart_are_suggestions(service):
    service.places["1 b st"] = FAR_TWINS
    with pytest.raises(AddressNotFoundError, match="Several places") as refused:
        locate(at("1 B St"))
    assert refused.value.suggestions == tuple(label for label, *_ in FAR_TWINS)


def test_many_addresses_go_in_one_file_and_come_back_in_any_order(service):
    service.places |= {"2 oak": [("2 OAK ST", 37.98, -122.52)], "3 elm": [("3 ELM ST", 37.97, -122.51)]}
    found = several("3501 Civic Center Dr", "9 Nowhere Ln", "3 Elm, St\nA", "2 Oak St", '2 Oak "Big" St')
    assert [each.latitude for each in (found[0], *found[2:])] == [SAN_RAFAEL[1], 37.97, 37.98, 37.98]
    assert isinstance(found[1], AddressNotFoundError)
    [(path, asked, _)] = service.asked
    assert path == "/census/locations/addressbatch"
    assert list(csv.reader(io.StringIO(asked["addressFile"])))[2] == ["2", "3 Elm, St A", "San Rafael", "CA", "94903"]


def test_a_few_are_asked_for_at_once_not_by_file(service):
    service.lasting = Trouble(seconds=0.3)
    several("3501 Civic Center Dr", "2 Oak St", "3 Elm St")
    assert {path for path, *_ in service.asked} == {"/census/locations/address"}
    assert service.most_at_once == 3


def test_one_address_twice_in_a_batch_is_asked_for_once(service):
    first, second = several("3501 Civic Center Dr", "3501 Civic Center Drive")
    assert first == second
    assert len(service.asked) == 1


def test_a_tie_in_a_file_is_not_found(service):
    service.places["1 b st"] = FAR_TWINS
    found = several("1 B St", *["3501 Civic Center Dr"], "2 Oak St", "3 Elm St")
    assert isinstance(found[0], AddressNotFoundError)
    assert isinstance(found[1], Location)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>maintenance</html>",
        b"\xff\xfe",
        b"",
        b'"99","of another file","No_Match"',
        b'"unclosed,quote,x',
    ],
)
def test_a_malformed_file_counts_as_out_of_reach_for_all(service, body):
    service.lasting = Trouble(body=body)
    found = several("1 A St", "2 A St", "3 A St", "4 A St")
    assert all(isinstance(each, GeocodersUnavailableError) and "malformed" in str(each) for each in found)


def test_a_bad_row_spoils_no_other(service):
    service.lasting = Trouble(
        body=b'"0","a","Match","Exact","HERE","-122.53,37.99","1","L"\n"1","b","Match","Exact","X","west,north","1","L"\n'
        b'"2","c","Perhaps"\n'
    )
    found = several("1 A St", "2 A St", "3 A St", "4 A St")
    assert [type(each) for each in found] == [Location, *[GeocodersUnavailableError] * 3]


def test_what_a_file_leaves_out_of_reach_the_next_geocoder_is_asked_for(service, settings):
    settings.GEOCODERS = ["census", "postal"]
    service.lasting = Trouble(503)
    found = several("1 A St", "2 A St", "3 A St", "4 A St")
    assert {each.geocoder for each in found} == {"postal"}


def test_the_next_geocoder_is_asked_where_one_does_not_find_or_is_out_of_reach(service, settings):
    settings.GEOCODERS = ["census", "postal"]
    service.places.clear()
    assert locate(ADDRESS).geocoder == "postal"
    service.lasting = Trouble(500)
    assert locate(ADDRESS).geocoder == "postal"


def test_a_verdict_counts_even_where_another_geocoder_is_out_of_reach(service, settings):
    settings.GEOCODERS = ["postal", "census"]
    service.lasting = Trouble(500)
    with pytest.raises(AddressNotFoundError, match="not a ZIP code in use"):
        locate(Address("1 Main St", "", "San Rafael", "CA", "94900"))


def test_a_batch_has_a_time_for_all(service, settings):
    settings.GEOCODERS = ["nominatim"]
    service.lasting = Trouble(seconds=0.3)
    found = locate_many([(at(f"{number} A St"), None) for number in range(6)], seconds=0.5)
    assert isinstance(found[0], AddressNotFoundError)
    assert "the time is up" in str(found[-1])
    assert len(service.asked) < 6
    assert service.most_at_once == 1  # its public server asks for that


def test_what_each_geocoder_suggests_goes_with_the_last_verdict(service, settings):
    settings.GEOCODERS = ["census", "postal"]
    service.places["1 b st"] = [("1 B ST, HELENA, MT, 59601", 46.59, -112.03)]
    with pytest.raises(AddressNotFoundError, match="is in CA, not in MT") as refused:
        locate(Address("1 B St", "", "Helena", "MT", "94903"))
    assert refused.value.suggestions[0] == "San Rafael, CA 94903"
    assert "1 B ST, HELENA, MT, 59601" in refused.value.suggestions
