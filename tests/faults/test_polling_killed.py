"""A worker or a cloud that is killed in the middle: what was taken stays, what was not is asked again, once each."""

import os
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.db import connection

from devices.connections.programmatic import replace_secret
from devices.models import DeviceState, Poll, Reading, Standing
from devices.polling.tasks import poll_due
from tests.databases import url_of_database
from tests.factories import PartnerFactory
from tests.polling.conftest import BY, GENEROUS, cloud_of, enroll_listed, simulated_document
from tests.sandbox.running import running_cloud
from tests.waiting import PATIENCE, wait_for
from texture_portal import clock
from texture_portal.ids import new_id

DEVICES = 12


@pytest.fixture
def oem():
    with running_cloud(devices=DEVICES, rate_limits=GENEROUS) as cloud:
        yield cloud


@pytest.fixture
def cloud(transactional_db, settings, oem):
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    made = cloud_of(
        PartnerFactory(name=f"Acme {new_id()}"),
        oem.url,
        key=oem.told["api_key"],
        document=simulated_document(bulk=False),
    )
    poll_due(now=clock.now())
    enroll_listed(made)
    return made


def the_dead_workers_claims_are_over():
    Poll.objects.filter(claimed_until__isnull=False).update(due_at=clock.now(), claimed_until=None)


def test_a_backfill_that_is_killed_goes_on_where_it_stood(cloud, oem):
    oem.fault("latency", ms=300, category="historical")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "backfill", "--days=40", "--cloud=Simulated"],
        cwd=configured.BASE_DIR,
        env={
            **os.environ,
            "DATABASE_URL": url_of_database(connection.settings_dict["NAME"]),
            "OUTBOUND_ALLOWED_HOSTS": "127.0.0.1",
        },
        stdout=subprocess.DEVNULL,
    )
    wait_for(lambda: Reading.objects.exists() or process.poll() is not None)
    process.kill()
    process.wait()
    kept, rows = Reading.objects.count(), Poll.objects.filter(kind="history").count()
    assert 0 < kept < DEVICES * 40 * 96
    the_dead_workers_claims_are_over()
    oem.control("DELETE", "faults")
    call_command("backfill", days=40, cloud="Simulated")
    assert Poll.objects.filter(kind="history").count() == rows == DEVICES
    assert Poll.objects.filter(kind="history", due_at__isnull=False).count() == 0
    assert DEVICES * 39 * 96 <= Reading.objects.count() <= DEVICES * (40 * 96 + 1)


def test_a_cloud_that_is_killed_mid_poll_is_asked_again_when_it_is_back(cloud, oem):
    oem.fault("latency", ms=1000, category="telemetry")
    oem.process.kill()
    poll_due(now=clock.now())
    assert not Reading.objects.exists()
    with running_cloud(devices=DEVICES, rate_limits=GENEROUS) as again:
        cloud.base_url = again.url
        cloud.save()
        replace_secret(cloud.connections.get(), again.told["api_key"], now=clock.now(), by=BY, reason="a new key")
        Poll.objects.filter(kind="single").update(due_at=clock.now())
        cloud.standing.delete()
        poll_due(now=clock.now())
    assert DeviceState.objects.filter(observed_at__isnull=False).count() == DEVICES
    assert Reading.objects.count() == DEVICES


@contextmanager
def a_worker():
    """Polls what is due, in a process of its own."""
    code = (
        "import django; django.setup(); from devices.polling.tasks import poll_due; from texture_portal import clock;"
        " poll_due(now=clock.now())"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=configured.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "texture_portal.settings",
            "DATABASE_URL": url_of_database(connection.settings_dict["NAME"]),
            "OUTBOUND_ALLOWED_HOSTS": "127.0.0.1",
        },
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def slowly(cloud):
    """So that the first answers are kept while others are still to come."""
    cloud.rate_limits = {"metadata": "900/s:900", "telemetry": "3/s:1"}
    cloud.save()


def kept():
    return set(Reading.objects.values_list("device_number", "observed_at"))


def mid_poll():
    return 0 < Reading.objects.count() < DEVICES


def test_a_worker_killed_mid_poll_loses_nothing_that_it_kept_and_another_goes_on(cloud):
    slowly(cloud)
    with a_worker() as process:
        wait_for(mid_poll)
        process.kill()
        process.wait()
    before, asked = kept(), Poll.objects.filter(kind="single", claims__gt=0)
    assert mid_poll()
    assert asked.filter(claimed_until__isnull=False).exists()  # what it had in its hands
    the_dead_workers_claims_are_over()
    poll_due(now=clock.now())
    assert before <= kept()
    assert DeviceState.objects.filter(observed_at__isnull=False).count() == DEVICES
    assert Poll.objects.filter(kind="single", succeeded_at=None).count() == 0
    assert not Poll.objects.filter(claimed_until__isnull=False).exists()


def test_a_cloud_killed_mid_poll_takes_nothing_with_it_that_came(cloud, oem):
    slowly(cloud)
    with a_worker() as process:
        wait_for(mid_poll)
        oem.process.kill()
        assert process.wait(PATIENCE) == 0  # the worker outlives it
    before = kept()
    assert 0 < len(before) < DEVICES
    with running_cloud(devices=DEVICES, rate_limits=GENEROUS) as again:
        cloud.base_url = again.url
        cloud.save()
        replace_secret(cloud.connections.get(), again.told["api_key"], now=clock.now(), by=BY, reason="a new key")
        Poll.objects.update(due_at=clock.now() + timedelta(hours=1))  # those that were asked have their time
        Poll.objects.filter(kind="single", succeeded_at=None).update(due_at=clock.now())
        Standing.objects.all().delete()
        poll_due(now=clock.now())
    assert before <= kept()
    assert DeviceState.objects.filter(observed_at__isnull=False).count() == DEVICES
    assert Reading.objects.count() == DEVICES
