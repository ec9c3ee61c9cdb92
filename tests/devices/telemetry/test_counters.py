"""Energy since the last update, read off counters that only grow."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.connectors.pull.faults import DocumentError
from devices.connectors.pull.observing import observe
from devices.connectors.pull.parsing import parse
from devices.models import DeviceState
from devices.telemetry import history
from devices.telemetry.counters import since
from devices.telemetry.taking import Observed, take
from tests.factories import NOW, DeviceFactory

MINUTE = timedelta(minutes=1)
grown = st.lists(st.floats(0, 1e6), min_size=1, max_size=4)


@given(grown, st.data())
def test_what_grew_is_counted_and_what_went_back_is_not(before, data):
    after = [value + data.draw(st.floats(0, 1e6)) for value in before]
    signs = [data.draw(st.sampled_from([1, -1])) for _ in before]
    old, new = ([sign * value for sign, value in zip(signs, values, strict=True)] for values in (before, after))
    assert since(old, new) == pytest.approx(sum(new) - sum(old), abs=1e-5)
    if before != after:
        assert since(new, old) is None
    assert since([*old, 1.0], new) is None


def document(**field):
    return {
        "name": "Metered",
        "calls": {"unit": {"path": "/{device}"}},
        "devices": [
            {
                "type": "inverter", "id": "id", "state": {"call": "unit"}, "observed_at": {"form": "received"},
                "fields": {
                    "power": "watts",
                    "gridEnergy": {"path": "bought", "minus": "sold", "unit": "kWh", "counter": True, **field},
                    "batteryState": {"fields": {"whConsumed": {"path": "used", "counter": True}}},
                },
            }
        ],
    }  # fmt: skip


def test_a_document_says_what_is_a_counter_and_of_what():
    [entry] = parse(document()).entries
    seen = observe(entry, {"watts": 5, "bought": 7, "sold": 2, "used": 90}, kept={}, received_at=NOW)
    assert seen.counters == {"gridEnergy": (7000, -2000), "batteryState.whConsumed": (90,)}
    assert seen.state["power"] == 5
    assert "gridEnergy" not in seen.state
    half = observe(entry, {"watts": 5, "bought": 7}, kept={}, received_at=NOW)
    assert half.counters == {}
    flipped = parse(document(flip=True)).entries[0]
    assert observe(flipped, {"bought": 7, "sold": 2}, kept={}, received_at=NOW).counters["gridEnergy"] == (-7000, 2000)


@pytest.mark.parametrize("wrong", [{"times": "x"}])
def test_what_makes_no_sense_of_a_counter_is_told(wrong):
    with pytest.raises(DocumentError):
        parse(document(**wrong))
    power = document()
    power["devices"][0]["fields"]["power"] = {"path": "watts", "counter": True}
    with pytest.raises(DocumentError) as told:
        parse(power)
    assert [fault.at for fault in told.value.faults] == ["devices[0].fields.power.counter"]


@pytest.fixture
def device(db):
    return DeviceFactory(type="inverter")


def tell(device, *told, now):
    """Of (minutes, counter of what was bought, counter of what was sold)."""
    observed = [
        Observed(
            device.manufacturer_device_id, NOW + minutes * MINUTE, {"power": 1}, {"gridEnergy": (bought, -sold)}
        )
        for minutes, bought, sold in told
    ]  # fmt: skip
    return take(device.partner, observed, now=NOW + now * MINUTE)


def energies(device):
    page = history.read(
        device, start=NOW - 60 * MINUTE, end=NOW + 60 * MINUTE, granularity="raw", after=None, limit=100
    )
    return [moment.state.get("gridEnergy") for moment in page.moments]


def test_a_reading_has_what_came_about_since_the_one_before(device):
    tell(device, (0, 1000, 500), now=0)
    tell(device, (5, 1300, 500), now=5)
    tell(device, (10, 1300, 900), now=10)
    assert energies(device) == [None, 300, -400]


def test_many_in_one_batch_are_counted_in_the_order_of_their_time(device):
    tell(device, (10, 30, 0), (0, 10, 0), (5, 15, 0), now=10)
    assert energies(device) == [None, 5, 15]


def test_a_counter_that_began_anew_says_nothing_once_and_is_counted_from_there(device):
    for minutes, bought in ((0, 1000), (5, 40), (10, 100)):
        tell(device, (minutes, bought, 0), now=minutes)
    assert energies(device) == [None, None, 60]


def test_what_comes_late_or_twice_counts_nothing_twice(device):
    tell(device, (0, 100, 0), now=0)
    tell(device, (10, 400, 0), now=10)
    tell(device, (5, 250, 0), now=11)  # late: what it tells is within what was counted since
    assert tell(device, (10, 400, 0), now=12).duplicates == 1
    tell(device, (15, 450, 0), now=15)
    assert energies(device) == [None, None, 300, 50]


def test_a_reading_that_is_rejected_moves_no_counter_on(device):
    tell(device, (0, 100, 0), now=0)
    assert [each.code for each in tell(device, (60 * 24, 9999, 0), now=1).rejected] == ["in_future"]
    tell(device, (5, 160, 0), now=5)
    assert energies(device) == [None, 60]


def test_of_a_device_that_may_not_be_read_no_counter_is_kept(device):
    tell(device, (0, 100, 0), now=0)
    device.may_read = device.may_control = False
    device.save()
    assert [each.code for each in tell(device, (5, 160, 0), now=5).rejected] == ["not_allowed"]
    assert DeviceState.objects.get(device=device).counters == {"gridEnergy": [100, 0]}
