"""A device that changed hands: who is erased takes their own time with it along, and nobody else's."""

import hashlib
from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from devices.models import Command, Device, DeviceState, Reading, Rollup, SignOfLife, StaleHour, TelemetryExport
from devices.telemetry import partitions, rollups
from enrollments.account.download import document
from enrollments.deletion.person import person
from enrollments.deletion.traces import of_the_time
from enrollments.imports import keeping
from enrollments.models import Enrollment, FileRow, LinkSession
from partners.models import IdempotencyRecord, RefusedRequest
from partners.models.webhook import WebhookMessage
from tests.deletion.test_carrying_out import carried_out, verify
from tests.factories import NOW, active, commanded
from tests.selling import sold, told
from texture_portal.clock import to_wire
from texture_portal.ids import new_id

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
SOLD, BOUGHT = NOW + 3 * HOUR, NOW + 5 * HOUR + 32 * MINUTE  # in the middle of an hour, and of five minutes
BEFORE, LAST, AFTER = NOW + HOUR, BOUGHT - MINUTE, BOUGHT + MINUTE
LATER = NOW + 2 * DAY


@pytest.fixture
def first(transactional_db):
    partitions.keep(now=NOW)
    return active()


@pytest.fixture
def second(first):
    """Who bought it. The last reading of before came late: nobody had the device then."""
    told(first, BEFORE)
    told(first, LAST, charge=10)
    bought = sold(first, at=SOLD, bought_at=BOUGHT)
    told(bought, BOUGHT, AFTER, charge=90)
    while rollups.roll_up(now=AFTER):
        pass
    return bought


def erased(enrollment, *, now=LATER, telemetry="erase"):
    request = carried_out(enrollment.customer, now=now, telemetry=telemetry)
    while rollups.roll_up(now=now):
        pass
    return request


def readings_of(enrollment):
    return [each["observedAt"] for each in taken_along(enrollment)["readings"]]


def taken_along(enrollment):
    enrollment = Enrollment.objects.get(pk=enrollment.pk)
    [customer] = document([enrollment.customer], now=LATER)["customers"]
    return next(each for each in customer["enrollments"] if each["id"] == str(enrollment.pk))


def hourly():
    """What each roll-up of an hour is made of, and its mean."""
    rows = Rollup.objects.filter(minutes=60).order_by("began_at").values_list("began_at", "readings", "state")
    return [(began_at - NOW, readings, float(state.rstrip("]").split(",")[1])) for began_at, readings, state in rows]


def test_the_owners_readings_go_and_the_former_owners_stay(first, second):
    request = erased(second)
    assert {"what": "readings", "rows": 2 + 3} in request.certificate["sections"]["erased"], "with their roll-ups"
    assert readings_of(first) == [to_wire(BEFORE), to_wire(LAST)]
    assert Reading.objects.count() == 2


def test_the_former_owners_readings_go_and_the_owners_stay(first, second):
    erased(first)
    assert readings_of(second) == [to_wire(BOUGHT), to_wire(AFTER)], "the border is the buyer's"
    assert Reading.objects.count() == 2
    erased(second, now=LATER + DAY)
    assert (Reading.objects.count(), Rollup.objects.count()) == (0, 0)
    assert "The audit trail is whole" in verify()


def test_a_roll_up_through_which_the_border_runs_is_made_anew_of_what_stays(first, second):
    assert hourly() == [(HOUR, 1, 50.0), (5 * HOUR, 3, 63.333)]
    erased(first)
    assert hourly() == [(5 * HOUR, 2, 90.0)]
    erased(second, now=LATER + DAY)
    assert hourly() == []


def test_a_roll_up_through_which_the_border_runs_goes_where_nothing_can_be_told_apart_any_more(first, second):
    Reading.objects.all()._raw_delete("default")
    erased(second)
    assert hourly() == [(HOUR, 1, 50.0)]


def test_who_had_it_twice_takes_both_times_along(first, second):
    again = sold(second, at=NOW + 7 * HOUR, bought_at=NOW + 8 * HOUR, customer_reference=first.customer.reference_id)
    assert again.customer_id == first.customer_id
    told(again, NOW + 9 * HOUR)
    erased(first)
    assert readings_of(second) == [to_wire(BOUGHT), to_wire(AFTER)]
    assert Reading.objects.count() == 2


def test_readings_that_are_kept_are_nobodys_and_the_other_owners_stay_with_the_device(first, second):
    erased(first, telemetry="detach")
    number = DeviceState.objects.get().number
    assert Reading.objects.count() == 4
    assert Reading.objects.filter(device_number=number).count() == 2
    assert readings_of(second) == [to_wire(BOUGHT), to_wire(AFTER)]
    assert not Rollup.objects.filter(device_number=number, began_at__lt=NOW + 5 * HOUR).exists()
    assert Rollup.objects.exclude(device_number=number).exists(), "nor are their roll-ups lost"
    erased(second, telemetry="detach", now=LATER + DAY)
    assert Reading.objects.count() == 4
    assert not Reading.objects.filter(device_number=number).exists()


def test_what_the_device_told_last_stands_beside_it_no_longer(first):
    told(first, BEFORE)
    bought = sold(first, at=SOLD, bought_at=BOUGHT)
    SignOfLife.objects.create(device=bought.device, heard_at=AFTER)
    erased(first)
    state, device = DeviceState.objects.get(), Device.objects.get()
    assert (state.state, state.observed_at) == (None, None)
    assert device.last_reading_at > BOUGHT, "that is its next owner's"
    assert SignOfLife.objects.exists(), "it was heard by its next owner's enrollment"
    told(bought, AFTER)
    state.refresh_from_db()
    erased(bought, now=LATER + DAY)
    state.refresh_from_db()
    assert (state.state, SignOfLife.objects.exists(), Device.objects.get().last_reading_at) == (None, False, None)


def test_what_was_said_of_commands_goes_with_whose_time_it_was(first):
    orders = [commanded(first.device_id, now=BEFORE)]
    second = sold(first, at=SOLD, bought_at=BOUGHT)
    orders.append(commanded(second.device_id, now=AFTER))
    for each in orders:
        Command.objects.filter(pk=each.pk).update(error_detail="said")
    erased(second)
    assert list(Command.objects.order_by("requested_at").values_list("error_detail", flat=True)) == ["said", ""]
    erased(first, now=LATER + DAY)
    assert not Command.objects.exclude(error_detail="").exists()


def test_words_about_the_former_owner_stay_with_them(first, second):
    partner, name = first.partner, first.device.manufacturer_device_id
    for at in (BEFORE, AFTER):
        TelemetryExport.objects.create(
            device=first.device, start=at, end=at, granularity="raw", reason=f"{at}", at=at, actor_role="staff",
            actor_name="rita", channel="admin",
        )  # fmt: skip
        LinkSession.objects.create(partner=partner, manufacturer_device_id=name, created_at=at, expires_at=at + HOUR)
        RefusedRequest.objects.create(
            id=new_id(), partner=partner, at=at, method="POST", path="/v1/x", status=422, code="x", subject=name
        )
        answer = IdempotencyRecord(partner=partner, key=f"{at}", fingerprint=b"", status=200, expires_at=LATER + DAY)
        answer.created_at, answer.body = at, f'{{"deviceId": "{first.device_id}"}}'.encode()
        answer.save()
    kept = LinkSession.objects.get(created_at=BEFORE), RefusedRequest.objects.get(at=BEFORE)
    erased(second)
    assert [each.reason for each in TelemetryExport.objects.order_by("at")] == [f"{BEFORE}", ""]
    assert list(LinkSession.objects.exclude(manufacturer_device_id="")) == [kept[0]]
    assert list(RefusedRequest.objects.exclude(subject="")) == [kept[1]]
    assert [each.created_at for each in IdempotencyRecord.objects.all()] == [BEFORE]
    assert not WebhookMessage.objects.filter(subject=second.pk).exclude(body="").exists()


def test_what_named_the_device_once_nobody_had_it_is_the_buyers(first, second):
    """They tried before it was theirs: a file's row and a request were refused, and a visit came to nothing."""
    for at in (SOLD - MINUTE, SOLD + MINUTE):
        _named(first, at)
    assert [_names_at(at) for at in (SOLD - MINUTE, SOLD + MINUTE)] == [4, 4]
    erased(second)
    assert [_names_at(at) for at in (SOLD - MINUTE, SOLD + MINUTE)] == [4, 0]


def test_the_former_owners_erasure_leaves_it_to_the_buyer(first, second):
    for at in (SOLD - MINUTE, SOLD + MINUTE):
        _named(first, at)
    erased(first)
    assert [_names_at(at) for at in (SOLD - MINUTE, SOLD + MINUTE)] == [0, 4]


def test_an_export_of_all_of_an_owners_time_and_more_is_of_theirs_too(first):
    second = sold(first, at=SOLD, bought_at=BOUGHT)
    third = sold(second, at=AFTER + DAY, bought_at=AFTER + DAY + HOUR, customer_reference=first.customer.reference_id)
    times = [(BEFORE, LATER + DAY), (BEFORE, BOUGHT), (AFTER + DAY + HOUR, LATER)]
    for start, end in times:
        TelemetryExport.objects.create(
            device=first.device, start=start, end=end, granularity="raw", reason="why", at=LATER, actor_role="staff",
            actor_name="rita", channel="admin",
        )  # fmt: skip
    whose = [
        {(each.start, each.end) for each in TelemetryExport.objects.filter(of_the_time(person(owner.customer)))}
        for owner in (second, third)
    ]
    assert whose == [set(times[:1]), set(times)]


def _named(enrollment, at):
    partner, name = enrollment.partner, enrollment.device.manufacturer_device_id
    LinkSession.objects.create(partner=partner, manufacturer_device_id=name, created_at=at, expires_at=at + HOUR)
    RefusedRequest.objects.create(
        id=new_id(), partner=partner, at=at, method="POST", path="/v1/x", status=422, code="x", subject=name
    )
    answer = IdempotencyRecord(partner=partner, key=f"{at}", fingerprint=b"", status=422, expires_at=LATER + DAY)
    answer.created_at, answer.body = at, f'{{"detail": "{name}", "manufacturerDeviceId": "{name}"}}'.encode()
    answer.save()
    user, _ = User.objects.get_or_create(username="rita", is_staff=True)
    file = keeping.upload([f"{at}".encode()], name="a.csv", partner=partner, now=at, user=user)
    FileRow.objects.create(file=file, number=2, device_key=hashlib.sha256(name.encode()).digest(), status="refused")


def _names_at(at):
    """How much still says it."""
    return (
        LinkSession.objects.filter(created_at=at).exclude(manufacturer_device_id="").count()
        + RefusedRequest.objects.filter(at=at).exclude(subject="").count()
        + IdempotencyRecord.objects.filter(created_at=at).count()
        + FileRow.objects.filter(file__uploaded_at=at).exclude(device_key=b"").count()
    )


def test_an_hour_that_nobody_rolled_up_before_its_device_was_forgotten_stops_nothing(first):
    told(first, BEFORE)
    other = active()
    told(other, BEFORE)
    carried_out(first.customer, now=LATER, telemetry="detach")
    assert StaleHour.objects.exists()
    while rollups.roll_up(now=LATER):
        pass
    assert Rollup.objects.filter(minutes=60).count() == 1
