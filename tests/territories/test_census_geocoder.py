"""The Census geocoder's protocol, spoken by a simulated peer over real HTTP on loopback."""

import logging
import time

import pytest

from territories.addresses import Address
from territories.geocoding import AddressNotFoundError, GeocodersUnavailableError, census, locate
from tests.census import FOUND, NO_MATCH, census_peer

ADDRESS = Address("3501 Civic Center Dr", "", "San Rafael", "CA", "94903-1234")


@pytest.fixture
def peer(settings):
    with census_peer() as peer:
        settings.GEOCODERS = ["census"]
        settings.CENSUS_GEOCODER_URL = peer.url
        yield peer
        census._session().close()


def test_a_street_address_is_located_by_the_published_protocol(peer):
    peer.answers = [(200, FOUND, 0)]
    location = locate(ADDRESS)
    assert (location.latitude, location.longitude) == (37.9975, -122.5311)
    assert location.accuracy_meters == census.ACCURACY_METERS
    assert (location.timezone, location.geocoder) == ("America/Los_Angeles", "census")
    assert peer.asked == [
        (
            "/geocoder/locations/address",
            {
                "street": "3501 Civic Center Dr",
                "city": "San Rafael",
                "state": "CA",
                "zip": "94903",
                "benchmark": "Public_AR_Current",
                "format": "json",
            },
        )
    ]


def test_an_address_it_does_not_know_is_not_found(peer):
    peer.answers = [(200, NO_MATCH, 0)]
    with pytest.raises(AddressNotFoundError, match="no such street address") as refused:
        locate(ADDRESS)
    assert refused.value.pointer == "/streetOne"


def test_an_address_it_refuses_is_not_found(peer):
    peer.answers = [(400, {"errors": ["Street address cannot be empty"], "status": "400"}, 0)]
    with pytest.raises(AddressNotFoundError, match="incomplete"):
        locate(ADDRESS)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_passing_fault_is_tried_once_more(peer, status):
    peer.answers = [(status, b"oops", 0), (200, FOUND, 0)]
    assert locate(ADDRESS).geocoder == "census"
    assert len(peer.asked) == 2


def test_a_lasting_fault_is_given_up_after_two_attempts(peer):
    peer.answers = [(500, b"oops", 0)]
    with pytest.raises(GeocodersUnavailableError, match="500"):
        locate(ADDRESS)
    assert len(peer.asked) == 2


def test_a_slow_peer_is_given_up(peer, monkeypatch):
    monkeypatch.setattr(census, "TIMEOUT_SECONDS", (0.2, 0.2))
    peer.answers = [(200, FOUND, 1)]
    begun = time.monotonic()
    with pytest.raises(GeocodersUnavailableError, match="ReadTimeout"):
        locate(ADDRESS)
    assert time.monotonic() - begun < 0.9


@pytest.mark.parametrize(
    "body",
    [
        b"<html>maintenance</html>",
        b"\xff\xfe",
        [],
        {"result": {}},
        {"result": {"addressMatches": None}},
        {"result": {"addressMatches": ["x"]}},
        {"result": {"addressMatches": [{"coordinates": {"x": "west"}}]}},
        {"result": {"addressMatches": [{"coordinates": {"x": 37.9, "y": -122.5}}]}},
    ],
)
def test_a_malformed_answer_counts_as_out_of_reach(peer, body):
    peer.answers = [(200, body, 0)]
    with pytest.raises(GeocodersUnavailableError, match="malformed"):
        locate(ADDRESS)


def test_nobody_at_home_is_out_of_reach(settings):
    settings.GEOCODERS = ["census"]
    settings.CENSUS_GEOCODER_URL = "http://127.0.0.1:9/geocoder"
    with pytest.raises(GeocodersUnavailableError, match="ConnectionError"):
        locate(ADDRESS)


@pytest.mark.parametrize("answer", [(200, FOUND, 0), (200, NO_MATCH, 0), (500, b"oops", 0)])
def test_no_log_and_no_error_repeats_the_address(peer, answer, caplog):
    caplog.set_level(logging.DEBUG)
    peer.answers = [answer]
    said = ""
    try:
        locate(ADDRESS)
    except (AddressNotFoundError, GeocodersUnavailableError) as fault:
        said = str(fault)
    assert "Civic" not in said + caplog.text


def test_the_next_geocoder_is_asked_where_one_does_not_find_or_is_out_of_reach(peer, settings):
    settings.GEOCODERS = ["census", "postal"]
    peer.answers = [(200, NO_MATCH, 0)]
    assert locate(ADDRESS).geocoder == "postal"
    peer.answers = [(500, b"oops", 0)]
    assert locate(ADDRESS).geocoder == "postal"


def test_a_verdict_counts_even_where_another_geocoder_is_out_of_reach(peer, settings):
    settings.GEOCODERS = ["postal", "census"]
    peer.answers = [(500, b"oops", 0)]
    with pytest.raises(AddressNotFoundError, match="not a ZIP code in use"):
        locate(Address("1 Main St", "", "San Rafael", "CA", "94900"))
