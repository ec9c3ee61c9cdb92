"""Clouds that limit, refuse, fail and hang: each is dealt with as it wants, and none at another's cost."""

import socket
import threading
import time
from datetime import timedelta

import pytest

from devices.connections.programmatic import replace_secret
from devices.models import Allowance, CallBucket, Connection, DiscoveredDevice, Poll, Reading, Standing
from devices.polling import discovery, known, limits
from devices.polling.driving import Drive
from devices.polling.results import Results
from devices.polling.tasks import poll_due
from tests.waiting import wait_for
from texture_portal import clock

from .conftest import BY, cloud_of, enroll_listed, simulated_document


def poll():
    poll_due(now=clock.now())


def due_now(**which):
    Poll.objects.filter(due_at__isnull=False, **which).update(due_at=clock.now())


@pytest.fixture
def hanging():
    """A cloud that takes every call and answers none."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        taken, is_over = [], threading.Event()

        def accept():
            while not is_over.is_set():
                try:
                    taken.append(listener.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", taken
        is_over.set()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        for each in taken:
            each.close()


def test_never_over_the_limit_that_the_partner_has(partner, oem):
    """A bucket of two a second and five at once: what went out evenly is never answered 429. (Of more a second, those
    that a busy machine holds up for a moment would arrive together.)"""
    oem.control("POST", "limits", {"limits": "telemetry=2/s:5,metadata=1000/s"})
    before = oem.control("GET", "counters")["statuses"].get("429", 0)
    cloud = cloud_of(
        partner, oem.url, key=oem.told["api_key"], document=simulated_document(bulk=False),
        rate_limits={"telemetry": "2/s:5", "metadata": "900/s:900"},
    )  # fmt: skip
    poll()
    enroll_listed(cloud, but=list(DiscoveredDevice.objects.values_list("manufacturer_device_id", flat=True)[12:]))
    poll()
    assert Reading.objects.count() == 12
    assert oem.control("GET", "counters")["statuses"].get("429", 0) == before


def test_workers_share_a_limit(partner):
    """Moments that two of them reserve are apart as if one had."""
    cloud = cloud_of(partner, "http://127.0.0.1:9")
    limit = limits.limit_from("10/s:1")
    began = time.monotonic()
    moments = [each for _ in range(4) for each in limits.reserve(cloud, "telemetry", limit, count=5, within=60)]
    assert moments[-1] >= 1.9 - (time.monotonic() - began)


def to_the_next_day() -> float:
    now = clock.now()
    return (now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1) - now).total_seconds()


def test_what_is_over_a_days_share_waits_for_the_next_day(partner):
    """And takes nothing of the next day's share by waiting."""
    cloud = cloud_of(partner, "http://127.0.0.1:9")
    limit = limits.limit_from("100/s:10+6/day")
    wait_for(lambda: to_the_next_day() > 60)
    to_midnight = to_the_next_day()
    assert len(limits.reserve(cloud, "telemetry", limit, count=8, within=15)) == 6
    for _ in range(3):
        with pytest.raises(limits.NoRoomError) as full:
            limits.reserve(cloud, "telemetry", limit, count=1, within=15)
        assert full.value.wait.total_seconds() == pytest.approx(to_midnight, abs=30)
    tomorrow = limits.reserve(cloud, "telemetry", limit, count=9, within=to_midnight + 60)
    assert len(tomorrow) == 6
    assert min(tomorrow) == pytest.approx(to_midnight, abs=30)


def test_what_a_cloud_asks_for_by_retry_after_is_kept_to(partner, oem):
    cloud = cloud_of(partner, oem.url, key=oem.told["api_key"], document=simulated_document(bulk=False))
    poll()
    enroll_listed(cloud)
    oem.fault("too_many_requests", category="telemetry", retry_after=120)
    poll()
    assert set(Poll.objects.filter(kind="single").values_list("outcome", flat=True)) == {"http_429"}
    assert Allowance.objects.get(category="telemetry").held_until > clock.now() + timedelta(seconds=100)
    assert Poll.objects.filter(kind="single", due_at__lt=clock.now() + timedelta(seconds=100)).count() == 0
    assert set(Poll.objects.filter(kind="single").values_list("failures", flat=True)) == {0}


def test_a_key_that_is_refused_is_found_out_once(partner, oem):
    cloud_of(partner, oem.url, key="wrong")
    poll()
    [row] = Poll.objects.all()
    assert row.outcome == "connection_key_refused"
    [connection] = Connection.objects.all()
    assert connection.status == Connection.Status.BROKEN
    replace_secret(connection, oem.told["api_key"], now=clock.now(), by=BY, reason="mended")
    due_now()
    poll()
    assert DiscoveredDevice.objects.count() == 24


def test_a_cloud_that_fails_is_left_alone_and_then_knocked_at_once(partner, oem, monkeypatch):
    monkeypatch.setattr("devices.polling.standing.FIRST_REST", timedelta(minutes=4))  # longer than the test may take
    cloud = cloud_of(partner, oem.url, key=oem.told["api_key"], document=simulated_document(bulk=False))
    poll()
    enroll_listed(cloud)
    oem.fault("server_error", category="telemetry")
    for _ in range(3):
        poll()
        due_now(kind="single")
    standing = Standing.objects.get(cloud=cloud)
    assert standing.failures >= 3
    assert standing.rests_until > clock.now()
    asked = sum(CallBucket.objects.values_list("count", flat=True))
    poll()
    assert sum(CallBucket.objects.values_list("count", flat=True)) == asked
    oem.control("DELETE", "faults")
    Standing.objects.filter(cloud=cloud).update(rests_until=clock.now())
    due_now(kind="single")
    for _ in range(3):
        poll()
    assert Reading.objects.values("device_number").distinct().count() == 24
    assert Standing.objects.get(cloud=cloud).failures == 0


def test_one_dead_partner_slows_no_other(partner, oem, hanging, monkeypatch):
    """The other's readings are all in before the first call that hangs is given up."""
    dead_url, taken = hanging
    dead = cloud_of(partner, dead_url, name="Dead")
    alive = cloud_of(partner, oem.url, key=oem.told["api_key"], document=simulated_document(bulk=False))
    connection = dead.connections.get()
    Poll.objects.bulk_create(
        Poll(cloud=dead, connection=connection, kind="discovery", key=str(number), due_at=clock.now())
        for number in range(300)
    )
    discovery.begin(now=clock.now())
    Drive(clock.now(), clouds={alive.pk}).run()
    enroll_listed(alive)
    known.link_enrolled(now=clock.now())
    given_up, flush = [], Results.flush

    def note(self, *, now):
        flush(self, now=now)
        if Reading.objects.count() == 24:
            given_up.append(Poll.objects.filter(cloud=dead, outcome="timed_out").exists())

    monkeypatch.setattr(Results, "flush", note)
    Drive(clock.now(), open_for=2.0).run()
    assert taken
    assert (given_up[0], given_up[-1]) == (False, True)
