"""An event that cannot be done in its request waits in its row, and is done by deadline; a kill loses nothing."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connection

from enrollments.events import work
from enrollments.models import Enrollment, PartnerEvent
from tests.census import DOWN, FOUND
from tests.contract.client import close_connections
from tests.contract.payloads import ago, enrollment, event
from tests.databases import url_of_database
from tests.faults.test_poison import poison_in_the_database
from tests.waiting import wait_for
from texture_portal import clock, jobs

pytestmark = pytest.mark.django_db(transaction=True)

ELSEWHERE = {"newAddress": {**enrollment()["site"]["address"], "streetOne": "900 Moved St"}}


@pytest.fixture
def oem(live_server, onboard, settings, peer):
    """A partner's client, and a geocoder that finds every address."""
    settings.GEOCODERS, settings.CENSUS_GEOCODER_URL = ["census"], peer.url
    yield onboard(live_server.url.removeprefix("http://"))
    close_connections()


def moved(oem, peer, **changes):
    """A relocation while no geocoder is in reach: the enrollment, and what was answered."""
    peer.answers = [(200, FOUND, 0)]
    made = oem.enrolled(enrollment())
    peer.answers = [DOWN]
    answer = oem.post("/v1/events", event("device.relocated", made["device"]["manufacturerDeviceId"], data=ELSEWHERE))
    assert answer.status == 202
    return made, answer.json


def make_due(**how_long):
    PartnerEvent.objects.exclude(attempt_at=None).update(attempt_at=clock.now() - timedelta(seconds=1))


def state_of(oem, made):
    return oem.get(f"/v1/enrollments/{made['id']}").json


def test_a_relocation_waits_for_a_geocoder_and_is_then_done(oem, peer):
    made, taken = moved(oem, peer)
    assert (taken["status"], taken["enrollmentState"]) == ("accepted", "enrolled")
    make_due()
    jobs.drain("events")
    waiting = PartnerEvent.objects.get()
    assert (waiting.status, waiting.attempts) == ("accepted", 1)
    assert waiting.attempt_at > clock.now()
    assert waiting.due_at - waiting.received_at == timedelta(hours=1)
    peer.answers = [(200, FOUND, 0)]
    make_due()
    jobs.drain("events")
    read = oem.get(f"/v1/events/{taken['id']}").json
    assert (read["status"], read["enrollmentState"], state_of(oem, made)["state"]) == ("processed",) + ("enrolled",) * 2
    assert state_of(oem, made)["site"]["id"] != made["site"]["id"]
    asked = len(peer.asked)
    jobs.drain("events")
    assert len(peer.asked) == asked


def test_a_later_relocation_that_is_done_first_supersedes_the_one_that_waits(oem, peer):
    made, first = moved(oem, peer)
    peer.answers = [(200, FOUND, 0)]
    later = event("device.relocated", made["device"]["manufacturerDeviceId"], ago(), data=ELSEWHERE)
    assert oem.post("/v1/events", later).json["status"] == "processed"
    make_due()
    jobs.drain("events")
    assert oem.get(f"/v1/events/{first['id']}").json["status"] == "superseded"


def test_a_worker_killed_over_an_event_loses_nothing(oem, peer):
    made, taken = moved(oem, peer)
    peer.answers = [(200, FOUND, 5)]
    make_due()
    peer.asked.clear()
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c",
         "from texture_portal import jobs; jobs.drain('events')"],
        cwd=django_settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": url_of_database(connection.settings_dict["NAME"]),
             "GEOCODERS": "census", "CENSUS_GEOCODER_URL": peer.url},
    )  # fmt: skip
    wait_for(lambda: peer.asked)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    held = PartnerEvent.objects.get()
    assert (held.status, state_of(oem, made)["site"]["id"]) == ("accepted", made["site"]["id"])
    assert clock.now() < held.attempt_at <= clock.now() + work.LEASE
    peer.answers = [(200, FOUND, 0)]
    make_due()
    jobs.drain("events")
    assert oem.get(f"/v1/events/{taken['id']}").json["status"] == "processed"


def test_what_must_take_effect_first_is_done_first_and_a_poison_row_stops_no_other(oem, peer):
    poisoned, _ = moved(oem, peer)
    others = [moved(oem, peer) for _ in range(2)]
    peer.answers = [(200, FOUND, 0)]
    make_due()
    first = PartnerEvent.objects.order_by("due_at").last()
    PartnerEvent.objects.filter(pk=first.pk).update(due_at=clock.now() - timedelta(minutes=1))
    assert PartnerEvent.objects.to_process(now=clock.now()).first() == first
    poison_in_the_database(Enrollment.objects.get(pk=poisoned["id"]))
    try:
        with pytest.raises(jobs.JobFailedError, match="ExceptionGroup"):
            jobs.drain("events")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION poison() CASCADE")
    statuses = [oem.get(f"/v1/events/{taken['id']}").json["status"] for _, taken in others]
    assert statuses == ["processed", "processed"]
    assert PartnerEvent.objects.get(enrollment=poisoned["id"]).status == "accepted"


def test_an_event_that_meets_a_fault_of_ours_is_kept_and_done_later(oem, peer):
    peer.answers = [(200, FOUND, 0)]
    made = oem.enrolled(enrollment())
    poison_in_the_database(Enrollment.objects.get(pk=made["id"]))
    try:
        sent = event("consent.revoked", made["device"]["manufacturerDeviceId"])
        answer = oem.post("/v1/events", sent)
        assert (answer.status, answer.json["status"], answer.json["enrollmentState"]) == (202, "accepted", "enrolled")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION poison() CASCADE")
    jobs.drain("events")
    assert (oem.get(f"/v1/events/{sent['id']}").json["status"], state_of(oem, made)["state"]) == (
        "processed",
        "opted_out",
    )
