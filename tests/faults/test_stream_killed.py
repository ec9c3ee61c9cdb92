"""A stream whose reader, or whose cloud, is killed in the middle: it goes on where it was, and nothing is missing."""

import itertools
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.db import connection

from devices.connections.ending import revoke
from devices.connections.programmatic import replace_secret
from devices.connectors import registry
from devices.connectors.pull import shipped
from devices.models import Device, Reading, ReadingRefusal, StreamPosition
from tests.databases import url_of_database
from tests.factories import CustomerFactory, DeviceFactory, PartnerFactory, SiteFactory
from tests.polling.conftest import BY, GENEROUS, cloud_of
from tests.sandbox.running import running_cloud
from tests.waiting import PATIENCE, wait_for
from texture_portal import clock

DEVICES = 6
EVERY = timedelta(seconds=1)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def oem():
    with running_cloud(devices=DEVICES, rate_limits=GENEROUS, push_seconds=1) as cloud:
        yield cloud


@pytest.fixture
def cloud(transactional_db, settings, oem):
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    customer = CustomerFactory(partner=PartnerFactory())
    site = SiteFactory(customer_id=customer.pk)
    for listed in oem.everything("/v1/devices")[:-1]:  # one that nobody enrolled
        DeviceFactory(
            partner=customer.partner, customer=customer, site=site, type=listed["type"],
            manufacturer_device_id=listed["device_id"],
        )  # fmt: skip
    made = cloud_of(customer.partner, oem.url, key=oem.told["api_key"])
    made.connector = "push"
    made.document = shipped.document("simulated", registry.PATTERNS["push"].shipped)
    made.save()
    return made


@contextmanager
def following():
    process = subprocess.Popen(
        [sys.executable, "manage.py", "follow_stream"],
        cwd=configured.BASE_DIR,
        env={
            **os.environ,
            "DATABASE_URL": url_of_database(connection.settings_dict["NAME"]),
            "OUTBOUND_ALLOWED_HOSTS": "127.0.0.1",
        },
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def told(count):
    return lambda: Reading.objects.count() >= count


def nothing_comes():
    """For as long as it takes the cloud to push three times."""
    kept = Reading.objects.count()
    time.sleep(3.5 * EVERY.total_seconds())
    return Reading.objects.count() == kept


def nothing_is_missing():
    """Of each device a reading for every second, from its first to its last."""
    assert Device.objects.exclude(connection=None).count() == DEVICES - 1
    for number in set(Reading.objects.values_list("device_number", flat=True)):
        rows = Reading.objects.filter(device_number=number).order_by("observed_at")
        instants = list(rows.values_list("observed_at", flat=True))
        assert {after - before for before, after in itertools.pairwise(instants)} == {EVERY}


def test_a_killed_reader_goes_on_after_the_last_that_it_kept(cloud):
    with following() as process:
        wait_for(told(2 * DEVICES))
        process.kill()
        process.wait()
    kept = Reading.objects.count()
    with following() as process:
        wait_for(told(kept + 3 * DEVICES))
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    nothing_is_missing()
    refused = ReadingRefusal.objects.order_by().values_list("partner", "way", "code").distinct()  # a row an hour
    assert set(refused) == {(cloud.partner_id, "stream", "unknown_device")}


def test_a_killed_cloud_is_read_from_where_it_was_once_it_is_back(cloud, oem):
    with following():
        wait_for(told(2 * DEVICES))
        oem.process.kill()
        wait_for(lambda: StreamPosition.objects.filter(connected_at=None, cuts__gt=0).exists())
        kept = Reading.objects.count()
        with running_cloud(devices=DEVICES, rate_limits=GENEROUS, push_seconds=1) as again:
            cloud.base_url = again.url
            cloud.save()
            replace_secret(cloud.connections.get(), again.told["api_key"], now=clock.now(), by=BY, reason="a new key")
            wait_for(told(kept + 3 * DEVICES))
    nothing_is_missing()


def test_a_revoked_grant_is_read_no_more_and_a_second_reader_stands_by(cloud):
    with following(), following():
        wait_for(told(DEVICES))
        revoke(cloud.connections.get(), reason="no longer wanted", now=clock.now(), by=BY)
        wait_for(nothing_comes, "the end of the stream", every=0)
        assert nothing_comes()
