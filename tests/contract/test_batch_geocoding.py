"""A batch's addresses are located together: one file to the Census geocoder, not one question after another."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest

from territories.geocoding import http
from territories.models import GeocoderOutage, KnownPlace
from tests.geocoders import Peer, Trouble, geocoding_peer

from . import grid
from .client import Client
from .payloads import ago, changed, consent, enrollment, without
from .test_batch import codes, item, results

STREETS = [f"{number} Oak St" for number in range(1, 7)]


@pytest.fixture
def service(authority: str, settings: Any) -> Iterator[Peer]:
    with geocoding_peer() as peer:
        settings.GEOCODERS, settings.CENSUS_GEOCODER_URL = ["census"], f"{peer.url}/census"
        peer.places |= {street.casefold(): [(street, 37.98, -122.53)] for street in STREETS}
        yield peer
        http.close()
    GeocoderOutage.objects.all().delete()
    KnownPlace.objects.all().delete()


def at(street: str) -> dict[str, Any]:
    return changed(enrollment(), "/site/address/streetOne", street)


def asked_by_file(service: Peer) -> list[list[str]]:
    """The streets of each file."""
    return [
        [row[1] for row in csv.reader(io.StringIO(asked["addressFile"]))]
        for path, asked, _ in service.asked
        if path.endswith("/addressbatch")
    ]


def test_all_new_addresses_go_in_one_file(lone_oem: Client, service: Peer) -> None:
    got = results(lone_oem, *(item(at(street)) for street in STREETS), item(at("9 Nowhere Ln")))
    assert codes(got) == [201] * len(STREETS) + ["location_invalid"]
    assert got[0]["enrollment"]["site"]["accuracyMeters"] == 100
    assert got[0]["enrollment"]["match"]["outcome"] == "matched"
    assert asked_by_file(service) == [[*STREETS, "9 Nowhere Ln"]]
    assert len(service.asked) == 1


def test_items_that_are_refused_or_were_done_are_not_asked_for(lone_oem: Client, service: Peer) -> None:
    done = [item(at(street)) for street in STREETS]
    first = results(lone_oem, *done)
    service.asked.clear()
    KnownPlace.objects.all().delete()
    unreadable = item(without(at("1 Bad St"), "/device/model"))
    unknown_program = item(changed(at("2 Bad St"), "/eligibility/programIds", ["01999999-0000-7000-8000-000000000000"]))
    again = results(lone_oem, *done, unreadable, unknown_program)
    assert again[: len(done)] == first
    assert codes(again[len(done) :]) == ["validation_failed", "validation_failed"]
    assert service.asked == []


def test_a_fault_of_consent_comes_before_one_of_the_address(lone_oem: Client, service: Peer) -> None:
    stale = item({**at("9 Nowhere Ln"), "consent": consent(grantedAt=ago(days=91))})
    assert codes(results(lone_oem, *(item(at(street)) for street in STREETS[:4]), stale)) == [201] * 4 + [
        "consent_stale"
    ]


def test_a_request_id_twice_is_still_done_once(lone_oem: Client, service: Peer) -> None:
    same = item(at(STREETS[0]))
    got = results(lone_oem, same, same, *(item(at(street)) for street in STREETS))
    assert got[0] == got[1]
    assert len(lone_oem.enrollments()) == 1 + len(STREETS)


def test_a_geocoder_that_is_down_defers_all_after_one_question(lone_oem: Client, service: Peer) -> None:
    service.lasting = Trouble(503)
    got = results(lone_oem, *(item(at(street)) for street in STREETS))
    assert codes(got) == [202] * len(STREETS)
    assert {one["enrollment"]["match"]["outcome"] for one in got} == {"deferred"}
    assert len(service.asked) == http.ATTEMPTS


def test_of_many_only_those_that_can_be_read_are_asked_for(lone_oem: Client, service: Peer) -> None:
    service.places = {"": [("SAN RAFAEL", 37.98, -122.53)]}
    items = [item(without(at(f"{number} Long St"), "/device/model")) for number in range(50)]
    items += [item(changed(at(f"{number} Long St"), "/consent/grantedAt", ago(days=91))) for number in range(50)]
    assert set(codes(results(lone_oem, *items))) == {"validation_failed", "consent_stale"}
    [streets] = asked_by_file(service)
    assert len(streets) == 50


def test_a_question_of_eligibility_keeps_nothing(oem: Client, service: Peer) -> None:
    asked = {
        "address": grid.MATCHED,
        "device": {"type": "battery", "capabilities": enrollment()["device"]["capabilities"]},
    }
    assert oem.post("/v1/eligibility", asked).status == 200
    assert len(service.asked) == 1
    assert not KnownPlace.objects.exists()
