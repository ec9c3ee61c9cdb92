"""What taking leaves behind: states as they were told, parts by day, facts for those who wait for a sign of life."""

import re
from datetime import UTC, date, datetime, timedelta

import orjson
import pytest
from django.db import connection
from django_q.models import OrmQ
from hypothesis import given
from hypothesis import strategies as st

from devices.checking import state_faults
from devices.kinds import KINDS
from devices.models import Device, Reading, Rollup, SignOfLife, StaleHour
from devices.telemetry import forms, partitions, rollups, wire
from devices.telemetry.taking import Observed, take
from devices.values import Choice, Flag, Quantity
from enrollments.models import Enrollment
from enrollments.tasks import answer_signs, follow_connectivity
from tests.factories import NOW, DeviceFactory, active, enrolled
from texture_portal.clock import to_wire


def seen(device: Device, at, **state) -> Observed:
    return Observed(device.manufacturer_device_id, at, state)


ODD = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3), st.just([]), st.just({}))


def good(value):
    if isinstance(value, Choice):
        return st.sampled_from(value.values)
    if isinstance(value, Quantity):
        return st.one_of(st.floats(-1, 101, allow_nan=False), st.integers(-(2**70), 2**70))
    return st.booleans() if isinstance(value, Flag) else st.dictionaries(st.sampled_from(["charge", "x"]), ODD)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.type)
def test_the_quick_way_takes_nothing_that_the_registry_refuses(kind):
    fields = {field.name: st.one_of(good(field.value), ODD) for field in kind.fields}

    @given(st.fixed_dictionaries({}, optional={**fields, "typo": ODD}))
    def agree(state):
        form = forms.form_of(kind.type)
        try:
            written = form.write(state)
        except forms.MisfitError:
            if state_faults(kind.type, state):
                return
            written = form.write(forms.plain(state))
        assert state_faults(kind.type, state) == []
        told = forms.read(form.fields, written)
        assert forms.flattened(told) == {
            name: value for name, value in forms.flattened(forms.plain(state)).items() if value is not None
        }
        assert orjson.loads(wire.state_of(form.fields, written)) == told

    agree()


def test_no_word_of_the_registry_has_a_comma_or_a_quote():
    """A kept state goes out as the text that it is, cut at its commas."""
    fields = [field for kind in KINDS for field in forms.fields_of(kind).values()]
    words = [word for field in fields if isinstance(field.value, Choice) for word in field.value.values]
    assert words
    assert [word for word in words if not re.fullmatch(r"[a-z_-]+", word)] == []


@pytest.mark.parametrize(("kept", "told"), [
    ("2026-05-01 17:03:00+00", "2026-05-01T17:03:00Z"),
    ("2026-05-01 17:03:00.5+00", "2026-05-01T17:03:00.500000Z"),
])  # fmt: skip
def test_an_instant_goes_out_as_the_contract_writes_it(kept, told):
    assert wire.instant(kept) == told == to_wire(datetime.fromisoformat(kept))


@pytest.mark.django_db
def test_a_first_reading_makes_an_enrolled_device_take_part():
    enrollment = enrolled()
    device = enrollment.device
    assert enrollment.state == "enrolled"
    at = NOW + timedelta(minutes=10)
    assert take(device.partner, [seen(device, at, chargeRate=1)], now=at).accepted == 1
    while follow_connectivity(now=at + timedelta(minutes=1)):
        pass
    assert Enrollment.objects.get(pk=enrollment.pk).state == "active"


def state_of(enrollment):
    return Enrollment.objects.get(pk=enrollment.pk).state


def work_off_signs(at):
    while answer_signs(now=at):
        pass
    assert not SignOfLife.objects.exists()


def tasks_waiting():
    return [task.task["group"] for task in OrmQ.objects.all()]


@pytest.mark.django_db(transaction=True)
def test_the_reading_that_an_enrollment_waits_for_wakes_who_answers_it_and_no_other_does():
    enrollment = enrolled()
    device = enrollment.device
    old, first = NOW - timedelta(minutes=1), NOW + timedelta(minutes=1)
    take(device.partner, [seen(device, old, chargeRate=1)], now=NOW)
    assert (tasks_waiting(), SignOfLife.objects.count()) == ([], 0)
    take(device.partner, [seen(device, first, chargeRate=1)], now=first)
    assert tasks_waiting() == ["signs"]
    work_off_signs(first)
    assert state_of(enrollment) == "active"
    take(device.partner, [seen(device, first + timedelta(minutes=1), chargeRate=1)], now=first + timedelta(minutes=1))
    assert tasks_waiting() == ["signs"]


@pytest.mark.django_db
def test_a_suspended_device_is_back_with_its_first_reading():
    enrollment, lost_at = active(), NOW + timedelta(days=4)
    while follow_connectivity(now=lost_at):
        pass
    assert state_of(enrollment) == "suspended"
    device = Device.objects.get(pk=enrollment.device_id)
    take(device.partner, [seen(device, lost_at, chargeRate=1)], now=lost_at)
    work_off_signs(lost_at)
    assert state_of(enrollment) == "active"


@pytest.mark.django_db
def test_a_sign_is_safe_to_answer_twice():
    """The worker died between the enrollment's move and the row's end: done again, it changes nothing."""
    enrollment = enrolled()
    device, first = enrollment.device, NOW + timedelta(minutes=1)
    take(device.partner, [seen(device, first, chargeRate=1)], now=first)
    [kept] = SignOfLife.objects.all()
    work_off_signs(first)
    moves = Enrollment.objects.get(pk=enrollment.pk).ledger_length
    SignOfLife.objects.create(device_id=kept.device_id, heard_at=kept.heard_at)
    work_off_signs(first)
    assert Enrollment.objects.get(pk=enrollment.pk).ledger_length == moves


@pytest.mark.django_db
def test_a_device_is_last_heard_of_when_it_was_observed_or_when_that_came():
    device = DeviceFactory()
    for ahead, heard in ((-600, -600), (30, 0), (-1200, 0)):
        take(device.partner, [seen(device, NOW + timedelta(seconds=ahead), chargeRate=1)], now=NOW)
        device.refresh_from_db()
        assert device.last_reading_at == NOW + timedelta(seconds=heard)


@pytest.mark.django_db
def test_parts_are_made_ahead_and_dropped_when_they_are_too_old(settings):
    device = DeviceFactory()
    take(device.partner, [seen(device, NOW - timedelta(days=99), chargeRate=1), seen(device, NOW)], now=NOW)
    while rollups.roll_up(now=NOW):
        pass
    partitions.keep(now=NOW)
    assert {NOW.date() + timedelta(days=ahead) for ahead in range(4)} <= set(partitions.present(partitions.READINGS))
    settings.TELEMETRY_KEPT_DAYS = 50
    partitions.keep(now=NOW)
    assert [each.observed_at for each in Reading.objects.all()] == [NOW]
    assert set(Rollup.objects.values_list("began_at", flat=True)) == {NOW}
    assert min(partitions.present(partitions.READINGS)) >= date(2026, 3, 15)


@pytest.mark.django_db
def test_hours_that_are_gone_are_not_rolled_up(settings):
    device = DeviceFactory()
    take(device.partner, [seen(device, NOW - timedelta(days=99), chargeRate=1)], now=NOW)
    settings.TELEMETRY_KEPT_DAYS = 50
    while rollups.roll_up(now=NOW):
        pass
    assert not StaleHour.objects.exists()
    assert not Rollup.objects.exists()


@pytest.mark.django_db
def test_readings_go_to_the_day_that_utc_says():
    device = DeviceFactory()
    at = NOW.replace(hour=0, minute=0).astimezone(UTC)
    take(device.partner, [seen(device, at), seen(device, at - timedelta(microseconds=1))], now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM devices_reading ORDER BY 1")
        assert [name for (name,) in cursor.fetchall()] == ["devices_reading_20260503", "devices_reading_20260504"]
