"""The pages of events, and of what revocations owe the other side."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django_q.models import OrmQ

from enrollments.events.measures import effects
from enrollments.models import PartnerEvent, RevocationDuty
from tests.factories import active, event
from texture_portal import clock

EVENTS = reverse("admin:enrollments_partnerevent_changelist")
DUTIES = reverse("admin:enrollments_revocationduty_changelist")
FRONT = reverse("admin:index")
MINUTE = timedelta(minutes=1)


def page_of(row):
    return reverse(f"admin:enrollments_{row._meta.model_name}_change", args=(row.pk,))


def text(response):
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.fixture
def events(db):
    """One in time, one late, one that waits and is late, and a revocation of a device that nobody knows."""
    now, enrollment = clock.now(), active()
    return (
        event(enrollment, received_at=now - 9 * MINUTE, took=timedelta(seconds=30)),
        event(enrollment, received_at=now - 8 * MINUTE, took=3 * MINUTE),
        event(enrollment, received_at=now - 7 * MINUTE),
        event(None, partner=enrollment.partner, received_at=now - 6 * MINUTE),
    )


def listed(page):
    return {each for each in PartnerEvent.objects.all() if each.event_id in page}


def test_the_list_says_what_came_and_which_took_too_long(administrator, events):
    in_time, late, waiting, _ = events
    page = text(administrator.get(EVENTS))
    assert listed(page) == set(events)
    for said in ("30 s", "3 min", "waits for 7 min", "kept", "Time to effect"):
        assert said in page
    assert listed(text(administrator.get(f"{EVENTS}?effect=late"))) == {late, waiting}
    assert listed(text(administrator.get(f"{EVENTS}?effect=waiting"))) == {waiting}
    assert listed(text(administrator.get(f"{EVENTS}?status__exact=processed"))) == {in_time, late}


@pytest.mark.parametrize("term", ["event_id", "manufacturer_device_id", "request_id", "pk"])
def test_an_event_is_found_by_what_names_it(administrator, events, term):
    kept = events[3]
    assert listed(text(administrator.get(EVENTS, {"q": str(getattr(kept, term))}))) == {kept}
    assert listed(text(administrator.get(EVENTS, {"q": "nonsense"}))) == set()


def test_the_measure_counts_what_came_what_waits_and_what_was_late(events):
    measured = {each.type: each for each in effects(now=clock.now())}
    revoked = measured["consent.revoked"]
    assert (revoked.count, revoked.waiting, revoked.late) == (3, 1, 2)
    assert (revoked.p50, revoked.p99, revoked.within) == (30, 180, MINUTE)
    assert (measured["device.relocated"].count, measured["device.relocated"].p50) == (0, None)


@pytest.mark.django_db(transaction=True)
def test_one_that_waits_is_tried_again_by_a_button(carry_out, said, administrator, events):
    _, done, waiting, _ = events
    waiting.attempt_at = clock.now() + timedelta(hours=1)
    waiting.save()
    assert said(carry_out(administrator, waiting, "retry")) == ["A worker is asked to try it now."]
    assert PartnerEvent.objects.get(pk=waiting.pk).attempt_at <= clock.now()
    assert OrmQ.objects.exists()
    assert "Nothing was changed" in said(carry_out(administrator, done, "retry"))[0]


def test_the_front_page_tells_what_is_late(administrator, events):
    now = clock.now()
    duty = RevocationDuty.objects.create(
        enrollment=active(), kind="partner_told", revoked_at=now, opened_at=now - timedelta(hours=25),
        due_at=now - timedelta(hours=1), attempt_at=now,
    )  # fmt: skip
    page = text(administrator.get(FRONT))
    assert "1 reported event" in page
    assert "1 revocation to carry to the other side" in page
    assert "1 h 0 min overdue" in text(administrator.get(f"{DUTIES}?settled=late"))
    assert "The partner acknowledges it" in text(administrator.get(page_of(duty)))


@pytest.mark.django_db(transaction=True)
def test_an_open_duty_is_tried_again_by_a_button(carry_out, said, administrator):
    now = clock.now()
    duty = RevocationDuty.objects.create(
        enrollment=active(), kind="access_given_up", revoked_at=now, opened_at=now, due_at=now, attempt_at=now + MINUTE
    )
    assert said(carry_out(administrator, duty, "retry")) == ["A worker is asked to try it now."]
    assert RevocationDuty.objects.get(pk=duty.pk).attempt_at < now + MINUTE


def test_who_may_only_look_tries_nothing(onlooker, carry_out, events):
    assert carry_out(onlooker, events[2], "retry").status_code == 403
    assert "by-verb" not in onlooker.get(page_of(events[2])).content.decode()
