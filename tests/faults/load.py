"""A partner that does everything at once, and sends each request again, with its key, until it is acknowledged."""

import http.client
import itertools
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.contract.client import Answer, Client, send
from tests.contract.payloads import enrollment, event
from tests.contract.signing import sign
from texture_portal import clock
from texture_portal.clock import to_wire

BATCH = 50


class Load:
    """`told_by` is an enrolled device whose readings are sent."""

    def __init__(self, client: Client, told_by: str) -> None:
        self.client, self.told_by = client, told_by
        self.is_on = True
        self.answers: Counter[object] = Counter()
        self.enrolled: list[tuple[str, str]] = []  # device, enrollment
        self.revoked: set[str] = set()  # enrollments
        self.readings: set[str] = set()  # instants
        self.accepted = self.duplicates = 0
        self._begin, self._instants = clock.now() - timedelta(days=1), itertools.count()
        self._lock = threading.Lock()
        doing = (self._enroll, self._enroll, self._enroll_and_revoke, self._tell, self._look)
        self._threads = [threading.Thread(target=self._keep, args=(each,)) for each in doing]

    def __enter__(self) -> "Load":
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self.is_on = False
        for each in self._threads:
            each.join()

    def _keep(self, does: Callable[[], object]) -> None:
        while self.is_on:
            does()

    def _enroll(self) -> dict[str, Any]:
        body = enrollment()
        made = self._until("POST", "/v1/enrollments", body, {201}).json
        with self._lock:
            self.enrolled.append((body["device"]["manufacturerDeviceId"], made["id"]))
        return dict(made)

    def _enroll_and_revoke(self) -> None:
        made = self._enroll()
        told = event("consent.revoked", made["device"]["manufacturerDeviceId"])
        self._until("POST", "/v1/events", told, {200, 202})
        with self._lock:
            self.revoked.add(made["id"])

    def _tell(self) -> None:
        with self._lock:
            instants = [to_wire(self._begin + next(self._instants) * timedelta(seconds=1)) for _ in range(BATCH)]
        readings = [
            {"manufacturerDeviceId": self.told_by, "observedAt": at, "state": {"chargeRate": 1}} for at in instants
        ]
        told = self._until("POST", "/v1/telemetry", {"readings": readings}, {202}).json
        with self._lock:
            self.readings |= set(instants)
            self.accepted += told["accepted"]
            self.duplicates += told["duplicates"]
        time.sleep(0.05)

    def _look(self) -> None:
        path = random.choice(["/v1/enrollments", "/v1/devices", "/v1/programs", "/v1/commands"])
        self._until("GET", path, None, {200})
        time.sleep(0.05)

    def _until(self, method: str, path: str, body: Any, wanted: set[int]) -> Answer:
        key = str(uuid.uuid4())
        while True:
            draft = self.client.draft(method, path, body, key=key)
            try:
                answer = send(draft if method == "GET" else sign(draft, self.client.key))
            except (OSError, http.client.HTTPException) as fault:
                self.answers[type(fault).__name__] += 1
                time.sleep(0.05)
                continue
            self.answers[answer.status] += 1
            if answer.status in wanted:
                return answer
            time.sleep(0.1)
