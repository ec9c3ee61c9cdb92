"""Every geocoder asked over real HTTP in its own protocol, and what becomes of each way in which it can fail."""

import logging
from datetime import timedelta
from email.utils import format_datetime

import pytest

from territories.addresses import Address
from territories.geocoding import AddressNotFoundError, GeocodersUnavailableError, locate
from territories.geocoding.geocoders import GEOCODERS, configuration_faults
from territories.models import GeocoderOutage
from tests.geocoders import SAN_RAFAEL, Trouble
from tests.territories.conftest import OUTSIDE
from texture_portal import clock

pytestmark = pytest.mark.django_db

ADDRESS = Address("3501 Civic Center Dr", "", "San Rafael", "CA", "94903-1234")
MALFORMED = (
    b"<html>maintenance</html>",
    b"\xff\xfe",
    b"[]x",
    b'{"result": {}}',
    b'"text"',
    b"[7]",
    b'{"candidates": [{}]}',
)


@pytest.fixture(params=OUTSIDE)
def name(request, settings):
    settings.GEOCODERS = [request.param]
    return request.param


def test_a_street_address_is_located(service, name):
    location = locate(ADDRESS)
    assert (location.latitude, location.longitude) == SAN_RAFAEL[1:]
    assert (location.timezone, location.geocoder, location.state) == ("America/Los_Angeles", name, "CA")
    assert 30 <= location.accuracy_meters <= 100
    [(_, asked, headers)] = service.asked
    assert "3501 Civic Center Dr" in str(asked) + service.asked[0][0].replace("%20", " ")
    assert headers["User-Agent"] == "texture-enrollment-portal" or name == "census"


def test_an_unknown_street_is_not_found(service, name):
    service.places.clear()
    with pytest.raises(AddressNotFoundError, match="No such street address"):
        locate(ADDRESS)
    assert not GeocoderOutage.objects.exists()


def test_a_place_far_from_the_zip_code_is_not_believed_but_suggested(service, name):
    service.places["3501 civic center"] = [("3501 Civic Center Dr, Helena, MT, 59601", 46.59, -112.03)]
    with pytest.raises(AddressNotFoundError, match="far from ZIP code 94903") as refused:
        locate(ADDRESS)
    assert refused.value.pointer == "/postalCode"
    assert "3501 Civic Center Dr, Helena, MT, 59601" in refused.value.suggestions


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_passing_fault_is_tried_once_more(service, name, status):
    service.trouble.append(Trouble(status))
    assert locate(ADDRESS).geocoder == name
    assert len(service.asked) == 2


def test_a_lasting_fault_is_given_up_after_two_attempts(service, name):
    service.lasting = Trouble(500)
    with pytest.raises(GeocodersUnavailableError, match="500"):
        locate(ADDRESS)
    assert len(service.asked) == 2


@pytest.mark.parametrize("body", MALFORMED)
def test_nonsense_counts_as_out_of_reach(service, name, body):
    service.lasting = Trouble(body=body)
    with pytest.raises(GeocodersUnavailableError, match=r"malformed|fails"):
        locate(ADDRESS)


@pytest.mark.parametrize("trouble", [Trouble(seconds=1.2), Trouble(drips=True)], ids=["slow", "drips"])
def test_time_is_up_for_the_whole_answer_and_all_attempts(service, name, settings, trouble):
    settings.GEOCODER_SECONDS_OF = {name: 0.4}
    service.lasting = trouble
    with pytest.raises(GeocodersUnavailableError, match=r"Timeout|Timed|timeout"):
        locate(ADDRESS)


@pytest.mark.parametrize("said", ["120", "date"])
def test_who_says_when_to_come_back_is_believed_at_once(service, name, said):
    after = format_datetime(clock.now() + timedelta(seconds=120), usegmt=True) if said == "date" else said
    service.lasting = Trouble(429, headers={"Retry-After": after})
    with pytest.raises(GeocodersUnavailableError, match="429"):
        locate(ADDRESS)
    assert len(service.asked) == 1
    outage = GeocoderOutage.objects.get(pk=name)
    assert 110 < (outage.until - clock.now()).total_seconds() <= 120
    with pytest.raises(GeocodersUnavailableError, match="not asked for a while"):
        locate(ADDRESS)
    assert len(service.asked) == 1


def test_nobody_at_home_is_out_of_reach(name, settings):
    settings.CENSUS_GEOCODER_URL = "http://127.0.0.1:9"
    settings.GEOCODER_URLS = {name: "http://127.0.0.1:9"}
    settings.GEOCODER_KEYS = {name: "a-key"} if GEOCODERS[name].wants_key else {}
    with pytest.raises(GeocodersUnavailableError, match="ConnectionError"):
        locate(ADDRESS)


@pytest.mark.parametrize("trouble", [None, Trouble(500, b"3501 Civic Center Dr"), Trouble(body=b"Civic")])
def test_no_log_and_no_error_repeats_the_address_or_the_key(service, name, trouble, caplog):
    caplog.set_level(logging.DEBUG)
    service.lasting = trouble
    said = ""
    try:
        locate(ADDRESS)
    except GeocodersUnavailableError as fault:
        said = str(fault)
    assert "Civic" not in said + caplog.text
    assert "a-key" not in said + caplog.text


def test_a_refused_key_is_out_of_reach_not_an_unknown_address(service, settings):
    settings.GEOCODERS = ["google"]
    settings.GEOCODER_KEYS = {"google": "another"}
    with pytest.raises(GeocodersUnavailableError, match="QueryError"):
        locate(ADDRESS)


def test_what_cannot_work_is_said_before_the_first_address_comes(settings):
    settings.GEOCODERS = ["postal", "googel", "google"]
    settings.GEOCODER_KEYS = {}
    misspelt, keyless = configuration_faults()
    assert "'googel'" in misspelt
    assert "name only arcgis, census, google" in misspelt
    assert "set GEOCODER_KEY_GOOGLE" in keyless
