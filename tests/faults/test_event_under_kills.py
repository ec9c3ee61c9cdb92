"""kill -9 of web and workers, parents and children, in the middle of an event that a partner carries out by the API."""

import contextlib
import http.client
import json
import queue
import threading
import time
import uuid
from collections import Counter
from datetime import timedelta

import psutil
import pytest

from devices.models import Command
from partners.models import Partner
from programs.dispatch import scheduling
from tests.contract.client import send
from tests.contract.signing import sign
from tests.dispatch.conftest import BY, a_program, again, fleet, restores, wanted
from tests.waiting import wait_for
from tests.webhooks.receiver import receiving
from texture_portal import clock, jobs

DEVICES = 60
BEGINS_IN = timedelta(seconds=20)  # or twice as late, where the preview took longer
LASTS = timedelta(seconds=15)  # and as long besides as workers, killed three times, take to be there again
STARTS_WITHIN_IT = 4
REPORTERS = 3
WORK = ("dispatch", "commands", "webhooks")  # a lost wake-up is found by the sweep after a minute: nobody waits here

pytestmark = pytest.mark.django_db(transaction=True)


class Maker:
    """A partner's cloud: it takes each command once, by its id, and reports until the portal has taken the report."""

    def __init__(self, client) -> None:
        self.client = client
        self.acted: Counter[str] = Counter()  # command ids, as its devices carried them out
        self.devices: Counter[tuple[str, str]] = Counter()  # device and command, told and carried out
        self.answers: Counter[object] = Counter()
        self.waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.lock = threading.Lock()
        for _ in range(REPORTERS):
            threading.Thread(target=self._report, daemon=True).start()

    def hear(self, handler, received) -> None:
        told = received.document
        if told["type"] == "command.requested":
            self._take(told["data"])
        handler.say(200, json.dumps({"status": "accepted"}).encode())

    def _take(self, command: dict) -> None:
        with self.lock:
            is_new = command["id"] not in self.acted
            self.acted[command["id"]] = 1
            if is_new:
                self.devices[command["manufacturerDeviceId"], command["command"]] += 1
        if is_new:
            self.waiting.put(command["id"])

    def _report(self) -> None:
        while True:
            command = self.waiting.get()
            for status in ("in_progress", "complete"):
                self._until_taken(command, {"status": status, "occurredAt": clock.to_wire(clock.now())})

    def _until_taken(self, command: str, body: dict) -> None:
        key = str(uuid.uuid4())
        while True:
            try:
                draft = self.client.draft("POST", f"/v1/commands/{command}/status", body, key=key)
                answer = send(sign(draft, self.client.key))
            except (OSError, http.client.HTTPException) as fault:
                self.answers[type(fault).__name__] += 1
                time.sleep(0.05)
                continue
            self.answers[answer.status] += 1
            if answer.status in (200, 202):
                return
            time.sleep(0.1)


def alone(process) -> list[psutil.Process]:
    return [process] if process else []


VICTIMS = (
    ("web", lambda portal: portal.below("gunicorn")[:1]),
    ("jobs", lambda portal: portal.below("qcluster")[:1]),
    ("web", lambda portal: alone(portal.parent("gunicorn"))),
    ("jobs", lambda portal: portal.below("qcluster")[-2:]),
    ("jobs", lambda portal: alone(portal.parent("qcluster"))),
)


def kill_a_turn(portal, killed: Counter[str]) -> None:
    """A web worker, a job worker, the web's parent, job workers, their parent: each once it is there."""
    for name, found in VICTIMS:
        wait_for(lambda found=found: found(portal))
        for each in found(portal):
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
                killed[name] += 1
        time.sleep(1.2)


def called(program, *, lasts, begins_in=BEGINS_IN):
    now = clock.now()
    event = scheduling.draft(program, wanted(now=now, after=begins_in, lasts=lasts), reason="x", now=now, by=BY)
    await_with_workers_awake(lambda: again(event).previewed_at)
    if clock.now() + begins_in / 2 < event.starts_at:
        return scheduling.schedule(again(event), reason="x", now=clock.now(), by=BY)
    scheduling.cancel(again(event), reason="The preview came late.", now=clock.now(), by=BY)
    return called(program, lasts=lasts, begins_in=2 * begins_in)


def await_with_workers_awake(condition):
    def looked() -> bool:
        for kind in WORK:
            jobs.wake(kind)
        return bool(condition())

    wait_for(looked, every=0.3)


def test_an_event_through_which_web_and_workers_are_killed_ends_true_for_every_device(serve, onboard):
    began = clock.now()
    portal = serve(HEARTBEAT_STALE_SECONDS="20", OUTBOUND_ALLOWED_HOSTS="127.0.0.1")
    lasts = LASTS + STARTS_WITHIN_IT * (clock.now() - began)
    client = onboard(portal.authority)
    maker, killed = Maker(client), Counter()
    with receiving(maker.hear) as there:
        made = client.post("/v1/webhook-endpoints", {"url": there.url, "eventTypes": ["command.requested"]})
        assert made.status == 201, made.body
        program = a_program()
        devices = {each.pk for each in fleet(program, DEVICES, partner=Partner.objects.get(pk=client.partner_id))}
        event = called(program, lasts=lasts)
        await_with_workers_awake(lambda: maker.acted)
        kill_a_turn(portal, killed)  # while commands go out and reports come in
        await_with_workers_awake(lambda: clock.now() > event.ends_at and len(maker.acted) > DEVICES)
        kill_a_turn(portal, killed)  # while they are brought back
        await_with_workers_awake(lambda: again(event).closed_at)
    print(f"killed {dict(killed)}; the API answered {dict(maker.answers)}")

    assert killed["web"] >= 2
    assert killed["jobs"] >= 2  # one that ended by itself meanwhile is no kill
    assert set(maker.acted) == {str(pk) for pk in Command.objects.values_list("pk", flat=True)}
    assert set(Command.objects.values_list("status", flat=True)) == {"complete"}
    assert {(each.outcome, each.restore) for each in event.targets.all()} == {("took_part", "restored")}
    assert {each.device_id for each in event.targets.all()} == devices
    assert Counter(restores(event).values_list("device", flat=True)) == dict.fromkeys(devices, 1)
    assert len(maker.acted) == 2 * DEVICES
    assert set(maker.devices.values()) == {1}
