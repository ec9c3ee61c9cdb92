"""kill -9 of web and workers, parents and children, again and again, under everything that a partner does.

FAULTS_SECONDS=1800 python -m pytest tests/faults/test_mixed_load.py -s   for half an hour, with memory watched
"""

import contextlib
import itertools
import os
import random
import statistics
import time
from collections import defaultdict

import psutil
import pytest
from django.core.management import call_command

from devices.models import Reading
from enrollments.models import Enrollment
from partners.models import WebhookDelivery
from tests.census import DOWN, FOUND
from tests.contract.payloads import changed, endpoint, enrollment
from tests.faults.load import Load
from tests.waiting import PATIENCE, wait_for
from tests.webhooks.receiver import receiving
from texture_portal import clock, jobs
from texture_portal.clock import to_wire

LOAD_SECONDS = float(os.environ.get("FAULTS_SECONDS", "20"))
LONG = 300  # seconds, from which on memory is judged
FEWEST_KILLS, FEWEST_ENROLLED = 8, 20
DEFERRED = 5
OUT_OF_REACH = "1 Unreachable Way"  # the geocoder is down for this street
WORK = ("geocoding", "events", "webhooks", "signs")

pytestmark = pytest.mark.django_db(transaction=True)


def victims(portal):
    """Turn by turn: a web worker, a job worker, the web parent, the queue's parent, two job workers at once."""
    yield portal.below("gunicorn")[:1]
    yield random.sample(below := portal.below("qcluster"), k=min(1, len(below)))
    yield [each for each in [portal.parent("gunicorn")] if each]
    yield portal.below("gunicorn")[-1:]
    yield [each for each in [portal.parent("qcluster")] if each]
    yield random.sample(below := portal.below("qcluster"), k=min(2, len(below)))


def kill_again_and_again(portal, memory, *, is_enough) -> int:
    killed, until = 0, time.monotonic() + LOAD_SECONDS
    for turn in itertools.chain.from_iterable(victims(portal) for _ in itertools.count()):
        for each in turn:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
                killed += 1
        time.sleep(random.uniform(1.5, 3.5))  # long enough for what was killed to be there again
        memory.append(megabytes(portal))
        if time.monotonic() > until and killed >= FEWEST_KILLS and is_enough():
            return killed
        assert time.monotonic() < until + PATIENCE, "killed for long, and what was to be done meanwhile was not"
    raise AssertionError("the turns never end")


def megabytes(portal) -> float:
    """Of the supervisor and everything below it, what is shared counted once."""
    total = 0
    for each in [own := psutil.Process(portal.supervisor.pid), *own.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            total += each.memory_full_info().pss
    return total / 1e6


def defer(client) -> set[str]:
    bodies = [changed(enrollment(), "/site/address/streetOne", OUT_OF_REACH) for _ in range(DEFERRED)]
    answers = [client.enroll(body) for body in bodies]
    assert [answer.status for answer in answers] == [202] * DEFERRED
    return {answer.json["id"] for answer in answers}


def all_done(waiting) -> bool:
    """Nobody waits a minute for a sweep here: who was to wake the workers may have been killed."""
    for kind in WORK:
        jobs.wake(kind)
    WebhookDelivery.objects.filter(state="pending").update(due_at=clock.now(), claimed_until=None)
    located = Enrollment.objects.filter(pk__in=waiting, state="enrolled").count() == len(waiting)
    return located and not WebhookDelivery.objects.filter(state="pending").exists()


def test_nothing_acknowledged_is_lost_nothing_is_done_twice_and_work_resumes(serve, onboard, peer):
    peer.for_street[OUT_OF_REACH] = DOWN
    portal = serve(  # one street out of reach is no outage
        HEARTBEAT_STALE_SECONDS="20", GEOCODER_FAULTS="1000", OUTBOUND_ALLOWED_HOSTS="127.0.0.1"
    )
    client = onboard(portal.authority)
    with receiving() as there:
        client.post("/v1/webhook-endpoints", endpoint("enrollment.created", url=there.url))
        waiting, told_by = defer(client), client.enrolled(enrollment())
        memory = [megabytes(portal)]
        with Load(client, told_by["device"]["manufacturerDeviceId"]) as load:
            killed = kill_again_and_again(portal, memory, is_enough=lambda: len(load.enrolled) >= FEWEST_ENROLLED)
        peer.for_street[OUT_OF_REACH] = (200, FOUND, 0)
        Enrollment.objects.filter(pk__in=waiting).update(geocode_due_at=clock.now())
        wait_for(lambda: all_done(waiting), every=0.5)
    print(f"killed {killed}; enrolled {len(load.enrolled)}, revoked {len(load.revoked)}, readings {load.accepted}")
    print(f"answers {dict(load.answers)}; megabytes {memory[0]:.0f} at first, {memory[-1]:.0f} at last")

    assert {each for each in load.answers if isinstance(each, int)} <= {200, 201, 202, 409, 503}
    mine = Enrollment.objects.exclude(pk__in=[*waiting, told_by["id"]])
    rows = mine.values_list("device__manufacturer_device_id", "id")
    assert len(load.enrolled) >= FEWEST_ENROLLED
    assert sorted((device, str(pk)) for device, pk in rows) == sorted(load.enrolled)
    assert Enrollment.objects.open().values("device").distinct().count() == Enrollment.objects.count()
    left = mine.filter(state="opted_out").values_list("pk", flat=True)
    assert load.revoked == set(map(str, left))
    assert set(mine.exclude(pk__in=left).values_list("state", flat=True)) == {"enrolled"}
    kept = [to_wire(at) for at in Reading.objects.values_list("observed_at", flat=True)]
    assert set(kept) == load.readings
    assert (len(kept), load.duplicates) == (load.accepted, 0)  # an answer that was cut is given again, not worked again
    assert len(kept) == len(set(kept))
    announced = defaultdict(set)
    for each in there.received:
        announced[each.document["data"]["id"]].add(each.headers["webhook-id"])
    assert set(announced) == {str(pk) for pk in Enrollment.objects.values_list("pk", flat=True)}
    assert {len(each) for each in announced.values()} == {1}
    call_command("verify_audit_trail", verbosity=0)
    if LOAD_SECONDS >= LONG:
        third = len(memory) // 3
        assert statistics.median(memory[-third:]) <= 1.1 * statistics.median(memory[third : 2 * third])
