"""Events in random order, one in ten twice, through the API, while web and workers are killed: none lost, none twice.

FAULTS_EVENTS=20000 python -m pytest tests/faults/test_events_at_size.py -s
"""

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

from enrollments.models import Enrollment, PartnerEvent
from tests.contract.client import send
from tests.contract.payloads import ago, consent, enrollment, event
from tests.contract.signing import sign
from tests.faults.test_mixed_load import victims

EVENTS = int(os.environ.get("FAULTS_EVENTS", "400"))
DEVICES = max(10, EVENTS // 200)
CLIENTS = 4
ROUNDS, PAUSE_SECONDS = max(1, EVENTS // 1000), (4 if EVENTS > 1000 else 1.5)
TYPES = (
    "consent.revoked", "consent.expired", "device.connectivity_lost", "device.connectivity_restored",
)  # fmt: skip
GRANTED_HOURS_AGO = 12


class Sender:
    """Sends its share, each event until it is acknowledged, by a new key where an answer got lost."""

    def __init__(self, client, events) -> None:
        self.client, self.events = client, events
        self.answers: Counter[object] = Counter()
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        for each in self.events:
            while not self._is_taken(each):
                time.sleep(0.05)

    def _is_taken(self, each) -> bool:
        request = sign(self.client.draft("POST", "/v1/events", each, key=str(uuid.uuid4())), self.client.key)
        try:
            answer = send(request)
        except (OSError, http.client.HTTPException) as fault:
            self.answers[type(fault).__name__] += 1
            return False
        self.answers[answer.status] += 1
        assert answer.status in (200, 202, 409, 500, 503), answer.body
        return answer.status in (200, 202)


def facts_of(devices) -> list[dict]:
    """The last device of ten is decommissioned besides; consents lie in the middle of all times."""
    events = []
    for place in range(EVENTS):
        device = devices[place % len(devices)]
        hours = random.uniform(0.1, 2 * GRANTED_HOURS_AGO)
        kind = random.choice(TYPES if place % 3 == 0 else TYPES[2:])
        events.append(event(kind, device, ago(hours=hours)))
    for device in devices[9::10]:
        events.append(event("device.decommissioned", device, ago(minutes=1)))
    return events


def expected(events, device, granted_at: str) -> str:
    of_it = [each for each in events if each["manufacturerDeviceId"] == device]
    later = {each["type"] for each in of_it if each["occurredAt"] > granted_at}
    if "device.decommissioned" in later:
        return "revoked"
    if "consent.revoked" in later:
        return "opted_out"
    return "eligible" if "consent.expired" in later else "enrolled"


def kill_in_turns(portal, *, while_any) -> int:
    """One turn of victims every few seconds, so that the portal comes up again between them."""
    killed = 0
    for turn in itertools.chain.from_iterable(victims(portal) for _ in range(ROUNDS)):
        if not any(each.thread.is_alive() for each in while_any):
            break
        for each in turn:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
                killed += 1
        time.sleep(PAUSE_SECONDS)
    return killed


@pytest.mark.django_db(transaction=True)
def test_every_event_counts_once_whatever_is_killed(serve, onboard):
    portal = serve(HEARTBEAT_STALE_SECONDS="30")
    client = onboard(portal.authority)
    granted = consent(grantedAt=ago(hours=GRANTED_HOURS_AGO))
    bodies = [enrollment(consent=granted) for _ in range(DEVICES)]
    devices = [client.enrolled(body)["device"]["manufacturerDeviceId"] for body in bodies]
    events = facts_of(devices)
    outcome = {device: expected(events, device, granted["grantedAt"]) for device in devices}
    sent = events + random.sample(events, k=len(events) // 10)
    random.shuffle(sent)
    senders = [Sender(client, sent[place::CLIENTS]) for place in range(CLIENTS)]
    began = time.monotonic()
    for each in senders:
        each.thread.start()
    killed = kill_in_turns(portal, while_any=senders)
    for each in senders:
        each.thread.join()
    answers = sum((each.answers for each in senders), Counter())
    print(f"{len(sent)} events in {time.monotonic() - began:.0f} s; killed {killed}; answers {dict(answers)}")

    assert killed >= 2
    rows = PartnerEvent.objects.values_list("event_id", "status")
    assert sorted(event_id for event_id, _ in rows) == sorted(each["id"] for each in events)
    assert {status for _, status in rows} <= {"processed", "superseded"}
    states = dict(Enrollment.objects.values_list("device__manufacturer_device_id", "state"))
    assert states == outcome
    assert len(set(outcome.values())) > 1
    call_command("verify_audit_trail", verbosity=0)
