"""Every geocoder out of reach: taken with 202, tried again in the background, settled once (§11.3, deferred)."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection, transaction

from enrollments import lifecycle, tasks
from enrollments.matching import FIRST_RETRY, LONGEST_RETRY
from enrollments.models import Enrollment
from tests.census import DOWN, FOUND, NO_MATCH, found_at
from tests.contract.client import close_connections
from tests.contract.grid import MATCHED, OUTSIDE
from tests.contract.payloads import enrollment
from tests.waiting import PATIENCE, wait_for
from texture_portal import actors, clock, jobs

pytestmark = pytest.mark.django_db(transaction=True)

IN_MONTANA = found_at(46.59, -112.03)  # within nobody's territory


@pytest.fixture
def oem(live_server, onboard, settings, peer):
    """A partner's client, and a geocoder that is down."""
    settings.GEOCODERS, settings.CENSUS_GEOCODER_URL = ["census"], peer.url
    settings.GEOCODER_FAULTS, settings.GEOCODE_CACHE_DAYS = 1_000, 0  # every question reaches the peer
    peer.answers = [DOWN]
    yield onboard(live_server.url.removeprefix("http://"))
    close_connections()


@pytest.fixture
def waiting(oem) -> str:
    return defer(oem)


@pytest.fixture
def waiting_in_montana(oem) -> str:
    return defer(oem, OUTSIDE)


def defer(oem, address=MATCHED) -> str:
    answer = oem.enroll(enrollment(address))
    assert answer.status == 202
    return answer.json["id"]


def make_due(*, by: timedelta = timedelta(seconds=1)) -> None:
    Enrollment.objects.exclude(geocode_due_at=None).update(geocode_due_at=clock.now() - by)


def come_back(peer, body, *, seconds: float | Callable[[], object] = 0) -> None:
    peer.answers = [(200, body, seconds)]
    peer.asked.clear()
    make_due()


def shown(oem, enrollment_id: str) -> dict:
    return oem.get(f"/v1/enrollments/{enrollment_id}").json


def actions(enrollment: dict) -> list[str]:
    return [action["code"] for action in enrollment["requiredActions"]]


def moves(enrollment_id: str) -> list[str]:
    return list(Enrollment.history.filter(id=enrollment_id).order_by("sequence").values_list("state", flat=True))


def test_an_outage_is_told_of_and_waited_out(oem, waiting):
    told = shown(oem, waiting)
    assert (told["state"], told["match"]["outcome"], told["site"]["utility"]) == ("discovered", "deferred", None)
    assert actions(told) == ["await_geocoding"]
    assert Enrollment.objects.get().geocode_due_at - clock.now() <= FIRST_RETRY


def test_once_the_geocoder_is_back_it_goes_as_far_as_the_facts_carry(oem, waiting, peer):
    come_back(peer, FOUND)
    jobs.drain("geocoding")
    told = shown(oem, waiting)
    assert (told["state"], told["match"]["outcome"]) == ("enrolled", "matched")
    assert told["site"]["utility"]["eiaId"] == "90001"
    assert [program["name"] for program in told["programs"]] == ["Peak Saver"]
    assert "await_geocoding" not in actions(told)
    assert Enrollment.objects.get().geocode_due_at is None
    jobs.drain("geocoding")
    assert len(peer.asked) == 1
    call_command("verify_audit_trail")


def test_a_late_no_match_ends_it_with_the_reason(oem, waiting_in_montana, peer):
    come_back(peer, IN_MONTANA)
    jobs.drain("geocoding")
    told = shown(oem, waiting_in_montana)
    assert (told["state"], told["stateReason"]) == ("revoked", "territory_unsupported")
    assert told["requiredActions"] == []
    assert Enrollment.objects.get().geocode_due_at is None
    assert oem.enroll(enrollment(OUTSIDE)).code == "territory_unsupported"


def test_a_late_invalid_location_is_the_partners_to_correct(oem, waiting, peer):
    come_back(peer, NO_MATCH)
    jobs.drain("geocoding")
    told = shown(oem, waiting)
    assert (told["state"], told["match"]["outcome"]) == ("discovered", "invalid_location")
    assert actions(told) == ["correct_address"]
    assert Enrollment.objects.get().geocode_due_at is None
    peer.answers = [(200, FOUND, 0)]
    answer = oem.patch(f"/v1/enrollments/{waiting}", {"site": enrollment()["site"]})
    assert (answer.status, answer.json["state"]) == (200, "enrolled")


def test_it_is_asked_less_and_less_often_while_the_outage_lasts(waiting):
    pauses = []
    for _ in range(9):
        make_due()
        asked_at = clock.now()
        jobs.drain("geocoding")
        pauses.append((Enrollment.objects.get().geocode_due_at - asked_at).total_seconds() // 60)
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert timedelta(hours=1) == LONGEST_RETRY
    assert moves(waiting) == ["discovered"]


def test_a_revoked_one_is_not_asked_for_again(oem, waiting, peer):
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=waiting)
        lifecycle.revoke(held, reason="decommissioned", now=clock.now(), by=actors.system("tests"))
    come_back(peer, FOUND)
    jobs.drain("geocoding")
    assert (shown(oem, waiting)["state"], peer.asked) == ("revoked", [])


def test_what_the_partner_corrects_meanwhile_stands(oem, waiting_in_montana, peer, in_threads, settings):
    settings.GEOCODER_SECONDS, is_corrected = PATIENCE, threading.Event()
    come_back(peer, IN_MONTANA, seconds=is_corrected.wait)

    def correct():
        try:
            wait_for(lambda: peer.asked)  # the worker has claimed the row, and waits for its answer
            peer.answers = [(200, FOUND, 0)]
            return oem.patch(f"/v1/enrollments/{waiting_in_montana}", {"site": enrollment()["site"]}).json["state"]
        finally:
            is_corrected.set()

    drained, corrected = in_threads(lambda: jobs.drain("geocoding"), correct)
    assert (drained, corrected) == (None, "enrolled")
    assert shown(oem, waiting_in_montana)["state"] == "enrolled"


def test_two_workers_at_once_do_each_row_once(oem, peer, in_threads):
    waiting = [defer(oem) for _ in range(6)]
    come_back(peer, FOUND, seconds=0.2)
    assert in_threads(*[lambda: jobs.drain("geocoding")] * 2) == [None, None]
    assert len(peer.asked) == 6
    for each in waiting:
        assert moves(each) == ["discovered", "eligible", "opted_in", "enrolled"]
    call_command("verify_audit_trail")


def test_a_worker_killed_between_claim_and_outcome_loses_nothing(oem, waiting, peer):
    come_back(peer, FOUND, seconds=5)
    database = django_settings.DATABASE_URL.replace("/portal?", f"/{connection.settings_dict['NAME']}?")
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c",
         "from texture_portal import jobs; jobs.drain('geocoding')"],
        cwd=django_settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": database, "GEOCODERS": "census", "CENSUS_GEOCODER_URL": peer.url},
    )  # fmt: skip
    wait_for(lambda: peer.asked)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    held = Enrollment.objects.get()
    assert (held.state, held.match_outcome) == ("discovered", "deferred")
    assert clock.now() < held.geocode_due_at <= clock.now() + tasks.LEASE
    assert timedelta(minutes=2) > tasks.LEASE  # within which work resumes
    peer.answers = [(200, FOUND, 0)]
    jobs.drain("geocoding")
    assert shown(oem, waiting)["state"] == "discovered"  # the dead worker's lease still holds
    make_due()
    jobs.drain("geocoding")
    assert shown(oem, waiting)["state"] == "enrolled"
    assert moves(waiting) == ["discovered", "eligible", "opted_in", "enrolled"]
