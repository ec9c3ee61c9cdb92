"""kill -9 of the web under posts of readings: what was acknowledged is kept, and nothing twice."""

import contextlib
import http.client
import itertools
import os
import threading
import time
import uuid
from datetime import timedelta

import psutil
import pytest

from devices.models import Reading
from tests.contract.client import send
from tests.contract.payloads import enrollment
from tests.contract.signing import sign
from texture_portal import clock
from texture_portal.clock import to_wire

LOAD_SECONDS = float(os.environ.get("FAULTS_SECONDS", "20")) / 2
BATCH = 50
CLIENTS = 3
FEWEST_KILLS = 2

pytestmark = pytest.mark.django_db(transaction=True)


class Load:
    """Clients that post batch after batch, each again with its key until it is acknowledged."""

    def __init__(self, client, device: str) -> None:
        self.client, self.device = client, device
        self.is_on = True
        self.begin = clock.now() - timedelta(days=1)
        self.instants = itertools.count()
        self.accepted = self.duplicates = 0
        self.acknowledged: set[str] = set()
        self.faults = 0
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._run) for _ in range(CLIENTS)]

    def _run(self) -> None:
        while self.is_on:
            with self.lock:
                instants = [to_wire(self.begin + next(self.instants) * timedelta(seconds=1)) for _ in range(BATCH)]
            told = self._until_acknowledged(instants, str(uuid.uuid4()))
            with self.lock:
                self.acknowledged |= set(instants)
                self.accepted += told["accepted"]
                self.duplicates += told["duplicates"]

    def _until_acknowledged(self, instants: list[str], key: str) -> dict:
        readings = [
            {"manufacturerDeviceId": self.device, "observedAt": at, "state": {"chargeRate": 1}} for at in instants
        ]
        while True:
            request = sign(self.client.draft("POST", "/v1/telemetry", {"readings": readings}, key=key), self.client.key)
            try:
                answer = send(request)
            except (OSError, http.client.HTTPException):
                self.faults += 1
                time.sleep(0.05)
                continue
            if answer.status == 202:
                return answer.json
            time.sleep(0.1)


def kill_again_and_again(portal) -> int:
    killed, until = 0, time.monotonic() + LOAD_SECONDS
    while time.monotonic() < until:
        time.sleep(1.5)
        for each in [*portal.below("gunicorn")[:1], *([portal.parent("gunicorn")] if killed % 3 == 2 else [])]:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
                killed += 1
    return killed


def test_no_acknowledged_reading_is_lost_and_none_is_kept_twice(serve, onboard):
    portal = serve()
    client = onboard(portal.authority)
    load = Load(client, client.enrolled(enrollment())["device"]["manufacturerDeviceId"])
    for each in load.threads:
        each.start()
    killed = kill_again_and_again(portal)
    load.is_on = False
    for each in load.threads:
        each.join()
    kept = [to_wire(at) for at in Reading.objects.values_list("observed_at", flat=True)]
    assert killed >= FEWEST_KILLS
    assert load.faults
    assert len(kept) == len(set(kept)) == load.accepted  # an answer that was cut is given again, and not worked again
    assert set(kept) == load.acknowledged
    assert load.duplicates == 0
