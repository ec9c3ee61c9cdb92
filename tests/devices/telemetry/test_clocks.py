"""Freshness (§4.1: under 15 minutes) where clocks differ, and where data lies about its time."""

from datetime import timedelta

import pytest

from devices.freshness import freshness
from devices.models import Device, DeviceState
from devices.telemetry.taking import Observed, take
from tests.factories import NOW, DeviceFactory

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def device():
    return DeviceFactory()


def told(device, ago, *, at=NOW, charge=1):
    """One reading of so long before it came; how the device stands then."""
    taken = take(device.partner, [Observed(device.manufacturer_device_id, at - ago, {"charge": charge})], now=at)
    heard_at = Device.objects.get(pk=device.pk).last_reading_at
    return [each.code for each in taken.rejected], freshness(heard_at, now=at)


@pytest.mark.parametrize(
    ("ago", "rejected", "word"),
    [
        (-31 * SECOND, ["in_future"], "never"),
        (-365 * 24 * 60 * MINUTE, ["in_future"], "never"),
        (-30 * SECOND, [], "fresh"),
        (timedelta(), [], "fresh"),
        (15 * MINUTE - SECOND, [], "fresh"),
        (15 * MINUTE, [], "stale"),
        (72 * 60 * MINUTE, [], "stale"),
        (72 * 60 * MINUTE + SECOND, [], "offline"),
        (200 * 24 * 60 * MINUTE, ["too_old"], "never"),
    ],
)
def test_a_reading_makes_a_device_as_fresh_as_it_is_old(device, ago, rejected, word):
    assert told(device, ago) == (rejected, word)


def test_a_clock_that_is_ahead_adds_nothing_to_the_time_that_a_device_is_fresh(device):
    told(device, -30 * SECOND)
    heard_at = Device.objects.get(pk=device.pk).last_reading_at
    assert heard_at == NOW
    assert freshness(heard_at, now=NOW + 15 * MINUTE - SECOND) == "fresh"
    assert freshness(heard_at, now=NOW + 15 * MINUTE) == "stale"


def test_old_data_that_comes_now_makes_nothing_fresh(device):
    for minutes in (0, 5, 10, 15, 20):  # a cloud that tells the same old observation again and again
        at = NOW + minutes * MINUTE
        assert told(device, at - NOW + 20 * MINUTE, at=at) == ([], "stale")


def test_late_data_neither_ages_a_device_nor_becomes_its_state(device):
    told(device, MINUTE, charge=5)
    assert told(device, 40 * MINUTE, charge=9) == ([], "fresh")
    assert Device.objects.get(pk=device.pk).last_reading_at == NOW - MINUTE
    assert DeviceState.objects.get(device=device).observed_at == NOW - MINUTE


def test_what_was_in_the_future_is_no_state_that_the_present_cannot_replace(device):
    assert told(device, -60 * MINUTE, charge=9) == (["in_future"], "never")
    assert told(device, timedelta(), charge=5) == ([], "fresh")
    assert DeviceState.objects.get(device=device).observed_at == NOW
