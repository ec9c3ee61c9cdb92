"""What an event changed, measured from readings that devices told: by quarter of an hour, against ten like days."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from devices.commands.states import Status
from devices.models import StaleHour
from devices.telemetry.rollups import roll_up
from devices.telemetry.taking import Observed, take
from programs.baseline import DAYS, Unknown
from programs.dispatch import measuring, sampling
from programs.models.dispatch import EventStatus
from tests.dispatch.conftest import a_program, again, answer, fleet, running, scheduled, targets, tell, work_off
from texture_portal import business_time, clock

pytestmark = pytest.mark.django_db
CALIFORNIA = ZoneInfo("America/Los_Angeles")
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)


def noon():
    """Of the latest working day there: readings of the future are not taken."""
    day = (clock.now().astimezone(CALIFORNIA) - timedelta(days=1)).date()
    while not business_time.is_business_day(day):
        day -= timedelta(days=1)
    return datetime(day.year, day.month, day.day, 12, tzinfo=CALIFORNIA)


def told(devices, state_at, *, event, days=22, but_last=0):
    """Three hours about the window, each quarter, on every day up to the event's own."""
    for back in range(days, but_last - 1, -1):
        local = event.starts_at.astimezone(CALIFORNIA).replace(tzinfo=None) - timedelta(days=back)
        begin = (local - QUARTER).replace(minute=0, second=0, microsecond=0)
        readings = [
            Observed(each.manufacturer_device_id, at, state_at(each, at, is_event=not back))
            for number in range(16)
            for each in devices
            if (at := (begin + number * QUARTER).replace(tzinfo=CALIFORNIA))
        ]
        take(devices[0].partner, readings, now=clock.now())
    while roll_up(now=clock.now()):
        pass


@pytest.fixture
def now():
    return noon()


def finished(event):
    work_off(event.ends_at)
    answer(event, Status.COMPLETE, now=event.ends_at, restores=True)
    work_off(event.ends_at)
    return again(event)


def test_each_device_is_measured_against_its_own_ten_days_in_the_direction_that_was_asked(now):
    program = a_program()
    partner_of = {}
    kinds = ("battery", "charger", "inverter", "thermostat")
    devices = []
    for kind in kinds:
        devices += fleet(program, kind=kind, now=now, partner=partner_of.get("one"))
        partner_of.setdefault("one", devices[0].partner)
    event = running(program, now=now)

    def state_at(device, at, *, is_event):
        acts = is_event and event.starts_at <= at < event.ends_at
        return {
            "battery": {"chargeRate": 2500 if acts else -500},  # it charges on other days, and gives in the event
            "charger": {"chargerWattage": 0 if acts else 7200},
            "inverter": {"power": 2000 if acts else 4000},
            "thermostat": {"ambientTemperature": 74},
        }[device.type]

    told(devices, state_at, event=event)
    event = finished(event)
    work_off(event.ends_at + measuring.READINGS_WITHIN)
    assert again(event).measured_at is not None
    found = {each.type: targets(event)[each.pk] for each in devices}
    # The first quarter began before the event, by which its share of the window is less than its share of the change.
    for kind, response, baseline in (("battery", 3.0, 1.0), ("charger", 7.2, 14.4), ("inverter", 2.0, -8.0)):
        assert found[kind].response_kw == pytest.approx(response, rel=0.15), kind
        assert found[kind].baseline_kwh == pytest.approx(baseline), kind
        assert found[kind].baseline_days == DAYS
    assert (found["thermostat"].response_kw, found["thermostat"].unmeasured) == (None, Unknown.NO_POWER)


def test_what_is_foreseen_of_a_device_is_its_baseline_before_the_event(now):
    program = a_program()
    (device,) = fleet(program, kind="charger", now=now)
    event = scheduled(program, now=now)
    told([device], lambda *_, is_event: {"chargerWattage": 6000}, event=event, but_last=1)
    work_off(event.starts_at)
    assert targets(event)[device.pk].baseline_kw == pytest.approx(6.0)


def test_without_five_days_a_device_is_not_measured_and_the_report_says_so(now):
    program = a_program()
    (device,) = fleet(program, now=now)
    event = running(program, now=now)
    told([device], lambda *_, is_event: {"chargeRate": 1000}, event=event, days=3)
    event = finished(event)
    work_off(event.ends_at + measuring.READINGS_WITHIN)
    target = targets(event)[device.pk]
    assert (target.response_kw, target.unmeasured) == (None, Unknown.NO_BASELINE)


def test_nothing_is_measured_before_readings_are_in_and_rolled_up(now):
    program = a_program()
    fleet(program, now=now)
    event = finished(running(program, now=now))
    assert measuring.measure_some(now=event.ends_at + timedelta(minutes=10)) == 0
    StaleHour.objects.create(hour=event.starts_at.replace(minute=0, second=0, microsecond=0), device_numbers=[1])
    assert measuring.measure_some(now=event.ends_at + timedelta(minutes=30)) == 0
    assert measuring.measure_some(now=event.ends_at + timedelta(hours=3)) == 1


def test_a_running_fleet_is_sampled_once_a_minute_against_what_was_foreseen(now):
    program = a_program()
    first, second = fleet(program, 2, now=now)
    event = running(program, now=now)
    event.targets.filter(device=first).update(baseline_kw=1.0)
    at = event.starts_at + timedelta(minutes=5)
    event.samples.all().delete()
    event.sampled_at = None
    event.save_without_historical_record()
    tell([first, second], {"chargeRate": 2500}, now=at)
    assert sampling.sample_due(now=at) == 1
    assert sampling.sample_due(now=at + timedelta(seconds=30)) == 0
    sample = event.samples.get()
    # the one takes 1 kW on other days and gives 2.5 now; of the other nobody knows what it would have done
    assert (sample.expected_kw, sample.measured_kw, sample.devices, sample.told) == (5.0, 3.5, 2, 1)
    assert again(event).status == EventStatus.RUNNING
