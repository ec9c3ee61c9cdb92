"""kill -9 of web and workers, parents and children, again and again, under a load of enrollments."""

import contextlib
import http.client
import itertools
import os
import random
import threading
import time
import uuid
from collections import Counter

import psutil
import pytest
from django.core.management import call_command

from enrollments.models import Enrollment
from tests.census import DOWN, FOUND
from tests.contract.client import send
from tests.contract.payloads import changed, enrollment
from tests.contract.signing import sign
from tests.faults.conftest import wait_for
from texture_portal import clock, jobs

LOAD_SECONDS = float(os.environ.get("FAULTS_SECONDS", "20"))
FEWEST_KILLS = 8
CLIENTS = 4
DEFERRED = 5
OUT_OF_REACH = "1 Unreachable Way"  # the geocoder is down for this street


class Load:
    """Clients that enroll device after device, and send each again, with its key, until it is acknowledged."""

    def __init__(self, client) -> None:
        self.client = client
        self.is_on = True
        self.acknowledged: list[tuple[str, str, str]] = []  # device, enrollment, idempotency key
        self.answers: Counter[object] = Counter()
        self.threads = [threading.Thread(target=self._run) for _ in range(CLIENTS)]

    def start(self) -> None:
        for each in self.threads:
            each.start()

    def finish(self) -> None:
        self.is_on = False
        for each in self.threads:
            each.join()

    def _run(self) -> None:
        while self.is_on:
            body, key = enrollment(), str(uuid.uuid4())
            self.acknowledged.append(
                (body["device"]["manufacturerDeviceId"], self._until_acknowledged(body, key)["id"], key)
            )

    def _until_acknowledged(self, body, key) -> dict:
        while True:
            request = sign(self.client.draft("POST", "/v1/enrollments", body, key=key), self.client.key)
            try:
                answer = send(request)
            except (OSError, http.client.HTTPException) as fault:
                self.answers[type(fault).__name__] += 1
                time.sleep(0.05)
                continue
            self.answers[answer.status, answer.replayed] += 1
            if answer.status == 201:
                return answer.json
            time.sleep(0.1)


def victims(portal):
    """Turn by turn: a web worker, a job worker, the web parent, the queue's parent, two job workers at once."""
    yield portal.below("gunicorn")[:1]
    yield random.sample(below := portal.below("qcluster"), k=min(1, len(below)))
    yield [each for each in [portal.parent("gunicorn")] if each]
    yield portal.below("gunicorn")[-1:]
    yield [each for each in [portal.parent("qcluster")] if each]
    yield random.sample(below := portal.below("qcluster"), k=min(2, len(below)))


def kill_again_and_again(portal) -> int:
    killed, until = 0, time.monotonic() + LOAD_SECONDS
    for turn in itertools.chain.from_iterable(victims(portal) for _ in itertools.count()):
        for each in turn:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
                killed += 1
        time.sleep(random.uniform(1.5, 3.5))  # long enough for what was killed to be there again
        if time.monotonic() > until and killed >= FEWEST_KILLS:
            return killed
    raise AssertionError("the turns never end")


def defer(client) -> set[str]:
    bodies = [changed(enrollment(), "/site/address/streetOne", OUT_OF_REACH) for _ in range(DEFERRED)]
    answers = [client.enroll(body) for body in bodies]
    assert [answer.status for answer in answers] == [202] * DEFERRED
    return {answer.json["id"] for answer in answers}


@pytest.mark.django_db(transaction=True)
def test_nothing_acknowledged_is_lost_nothing_is_done_twice_and_work_resumes(serve, onboard, peer):
    peer.for_street[OUT_OF_REACH] = DOWN
    portal = serve(HEARTBEAT_STALE_SECONDS="5", GEOCODER_FAULTS="1000")  # one street out of reach is no outage
    client = onboard(portal.authority)
    waiting = defer(client)
    load = Load(client)
    load.start()
    killed = kill_again_and_again(portal)
    load.finish()
    assert len(load.acknowledged) >= 20

    peer.for_street[OUT_OF_REACH] = (200, FOUND, 0)
    resumed_from = time.monotonic()
    Enrollment.objects.filter(pk__in=waiting).update(geocode_due_at=clock.now())
    jobs.wake("geocoding")
    wait_for(
        lambda: set(Enrollment.objects.filter(pk__in=waiting).values_list("state", flat=True)) == {"enrolled"},
        seconds=100,
    )
    print(f"killed {killed}; acknowledged {len(load.acknowledged)}; answers {dict(load.answers)}")
    print(f"deferred work was done {time.monotonic() - resumed_from:.1f} s after the last kill")

    assert set(load.answers) - {(201, False), (201, True), (409, False), (503, False)} <= {
        each for each in load.answers if isinstance(each, str)
    }
    rows = Enrollment.objects.exclude(pk__in=waiting).values_list("device__manufacturer_device_id", "id")
    assert sorted((device, str(pk)) for device, pk in rows) == sorted((d, pk) for d, pk, _ in load.acknowledged)
    assert Enrollment.objects.open().values("device").distinct().count() == Enrollment.objects.count()
    assert set(Enrollment.objects.values_list("state", flat=True)) == {"enrolled"}
    call_command("verify_audit_trail", verbosity=0)
