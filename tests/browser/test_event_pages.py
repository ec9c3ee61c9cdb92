"""Events, and what revocations owe, in a browser: read by an auditor, tried again by program staff."""

from datetime import timedelta

import pytest
from django.urls import reverse

from enrollments.models import PartnerEvent, RevocationDuty
from tests.browser.test_console import carry_out, page_of
from tests.factories import active, event
from texture_portal import clock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EVENTS = reverse("admin:enrollments_partnerevent_changelist")
DUTIES = reverse("admin:enrollments_revocationduty_changelist")


@pytest.fixture
def late():
    """An event that waits for too long beside others, and a duty that is overdue."""
    now, enrollment = clock.now(), active()
    event(enrollment, received_at=now - timedelta(hours=3), took=timedelta(seconds=0))
    event(enrollment, received_at=now - timedelta(hours=2), took=timedelta(minutes=20), type="device.decommissioned")
    event(None, partner=enrollment.partner, received_at=now - timedelta(hours=2))
    waiting = event(enrollment, received_at=now - timedelta(hours=2), type="device.relocated")
    PartnerEvent.objects.filter(pk=waiting.pk).update(attempt_at=now + timedelta(minutes=9), attempts=7)
    duty = RevocationDuty.objects.create(
        enrollment=enrollment, kind="access_given_up", revoked_at=now - timedelta(hours=30), due_at=now,
        opened_at=now - timedelta(hours=30), attempt_at=now + timedelta(hours=1), attempts=9,
        last_fault="devices.access.NoAccessError",
    )  # fmt: skip
    return waiting, duty


@pytest.mark.performs("enrollments.partnerevent:retry", "enrollments.revocationduty:retry")
def test_program_staff_see_what_is_late_and_have_it_tried_again(sign_in, keep, late):
    waiting, duty = late
    page = sign_in("Program staff")
    page.goto("/admin/")
    assert "1 reported event" in page.content()
    keep(page, "front-page-late-events")
    page.goto(EVENTS)
    keep(page, "events")
    page.goto(page_of(waiting))
    keep(page, "event")
    carry_out(page, "retry")
    assert "asked to try it now" in page.content()
    assert PartnerEvent.objects.get(pk=waiting.pk).attempt_at <= clock.now()
    page.goto(DUTIES)
    keep(page, "revocation-duties")
    page.goto(page_of(duty))
    keep(page, "revocation-duty")
    carry_out(page, "retry")
    assert RevocationDuty.objects.get(pk=duty.pk).attempt_at <= clock.now()


@pytest.mark.parametrize("group", ["Auditor", "Partner manager"])
def test_others_look_and_have_no_button(sign_in, late, group):
    waiting, duty = late
    page = sign_in(group)
    page.goto(page_of(waiting))
    assert page.locator("#retry-form").count() == 0
    answer = page.goto(page_of(duty))
    assert answer.status == (200 if group == "Auditor" else 403)
    assert page.locator("#retry-form").count() == 0
