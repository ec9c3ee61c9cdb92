"""Polling the simulated OEM cloud as it is: devices are found, their states are read, and each at its time."""

from datetime import timedelta

import pytest

from devices.freshness import freshness
from devices.models import (
    CallBucket,
    Device,
    DeviceState,
    DiscoveredDevice,
    Layout,
    MakerBucket,
    Poll,
    Reading,
    ReadingRefusal,
)
from devices.polling.tasks import poll_due
from devices.telemetry.latest import state_of
from texture_portal import clock

from .conftest import cloud_of, enroll_listed, simulated_document


def poll(*, ahead=0.0):
    poll_due(now=clock.now() + timedelta(seconds=ahead))


def due_now():
    Poll.objects.filter(due_at__isnull=False).update(due_at=clock.now())


@pytest.fixture(params=[True, False], ids=["bulk", "single"])
def cloud(partner, oem, request):
    return cloud_of(partner, oem.url, key=oem.told["api_key"], document=simulated_document(bulk=request.param))


def test_devices_are_discovered_and_kept_apart_until_they_are_enrolled(cloud, oem):
    poll()
    listed = DiscoveredDevice.objects.filter(connection__cloud=cloud)
    assert {row.manufacturer_device_id for row in listed} == {
        each["device_id"] for each in oem.everything("/v1/devices")
    }
    assert set(listed.values_list("device", flat=True)) == {None}
    assert not Device.objects.exists()
    assert not Reading.objects.exists()


def test_states_of_enrolled_devices_are_read(cloud, oem):
    poll()
    enroll_listed(cloud)
    poll()
    told = {each["device_id"]: each for each in oem.everything("/v1/states")}
    layouts = {layout.pk: tuple(layout.fields) for layout in Layout.objects.all()}
    devices = list(Device.objects.select_related("latest"))
    assert len(devices) == len(told)
    for device in devices:
        state = state_of(device, known=layouts)
        assert state, device.manufacturer_device_id
        if device.type == "battery":
            said = told[device.manufacturer_device_id]["battery"]
            assert state["backupReserve"] == said["reserve_percent"]
            assert (state["chargeRate"] <= 0) == (said["power_kw"] >= 0)
    assert Poll.objects.exclude(outcome="ok").count() == 0
    assert list(Poll.objects.exclude(faults=[])) == []


def test_each_is_asked_again_at_its_own_time_and_not_before(cloud):
    poll()
    enroll_listed(cloud)
    poll()
    asked = Reading.objects.count()
    poll()
    assert Reading.objects.count() == asked
    for row in Poll.objects.exclude(kind=Poll.Kind.DISCOVERY):
        assert timedelta() < row.due_at - row.asked_at <= timedelta(minutes=cloud.polling_minutes)


def test_what_nobody_enrolled_is_not_kept(cloud):
    poll()
    [apart] = DiscoveredDevice.objects.all()[:1]
    enroll_listed(cloud, but=[apart.manufacturer_device_id])
    poll()
    assert DeviceState.objects.filter(observed_at__isnull=False).count() == DiscoveredDevice.objects.count() - 1


def test_calls_are_counted_with_their_latency_and_freshness(cloud):
    poll()
    enroll_listed(cloud)
    poll()
    rows = list(CallBucket.objects.filter(category="telemetry"))
    assert sum(row.count for row in rows) == sum(sum(row.latencies) for row in rows) > 0
    assert sum(row.ages[0] for row in rows) == Reading.objects.count()
    assert CallBucket.objects.filter(category="metadata", outcome="ok").exists()


def test_a_tpdos_calls_are_counted_by_the_maker_whose_devices_they_are_for(cloud, partner):
    """A list of all devices is for no one's (§3.3)."""
    partner.kind = "tpdo"
    partner.save()
    poll()
    for number, device in enumerate(enroll_listed(cloud)):
        device.manufacturer = ("Acme Energy", "Bolt")[number % 2]
        device.save()
    poll()
    assert set(MakerBucket.objects.filter(category="metadata").values_list("maker_key", flat=True)) == {""}
    states = MakerBucket.objects.filter(category="telemetry")
    asked = sum(CallBucket.objects.filter(category="telemetry").values_list("count", flat=True))
    for maker in ("Acme Energy", "Bolt"):
        own = list(states.filter(maker_key=maker.lower()))
        assert 0 < sum(row.count for row in own) <= asked
        told = DeviceState.objects.filter(device__manufacturer=maker, observed_at__isnull=False)
        assert sum(row.ages[0] for row in own) == told.count() > 0
    assert not states.filter(maker_key="").exists()


def test_an_oems_calls_are_nobody_elses(cloud):
    poll()
    enroll_listed(cloud)
    poll()
    assert not MakerBucket.objects.exists()


def test_devices_that_vanish_are_shown_and_no_longer_asked_for(cloud, oem):
    poll()
    enroll_listed(cloud)
    gone = DiscoveredDevice.objects.order_by("pk").first()
    oem.fault("vanished", device=gone.serial_number)
    due_now()
    poll()
    gone.refresh_from_db()
    assert gone.vanished_at is not None
    assert DiscoveredDevice.objects.exclude(vanished_at=None).count() == 1
    assert Device.objects.filter(manufacturer_device_id=gone.manufacturer_device_id).exists()
    oem.control("DELETE", "faults")
    due_now()
    poll()
    gone.refresh_from_db()
    assert gone.vanished_at is None


def test_an_id_that_changes_for_the_same_serial_number_is_flagged(cloud, oem):
    poll()
    before = DiscoveredDevice.objects.order_by("pk").first()
    churned = oem.fault("id_churn", device=before.serial_number)
    due_now()
    poll()
    [new] = churned["renamed"].values()
    after = DiscoveredDevice.objects.get(manufacturer_device_id=new)
    before.refresh_from_db()
    assert (after.was_called, after.serial_number) == (before.manufacturer_device_id, before.serial_number)
    assert before.vanished_at is not None
    assert after.vanished_at is None


@pytest.mark.parametrize(
    ("fault", "word", "refused"),
    [
        (("stale", {"seconds": 3600}), "stale", None),
        (("clock_skew", {"seconds": 300}), "never", "in_future"),
        (("clock_skew", {"seconds": -1200}), "stale", None),
        (("clock_skew", {"seconds": -300}), "fresh", None),
    ],
)
def test_a_cloud_that_lies_about_the_time_makes_no_device_fresher(partner, oem, fault, word, refused):
    cloud = cloud_of(partner, oem.url, key=oem.told["api_key"])
    poll_due(now=clock.now())
    devices = enroll_listed(cloud)
    kind, options = fault
    oem.fault(kind, **options)
    poll_due(now=clock.now())
    words = {freshness(each.last_reading_at, now=clock.now()) for each in Device.objects.all()}
    assert words == {word}
    counted = ReadingRefusal.objects.values_list("partner", "way", "code", "count")
    assert list(counted) == ([(partner.pk, "polling", refused, len(devices))] if refused else [])
