"""What was in force on a given day."""

from datetime import timedelta

from django.db import transaction

from enrollments import lifecycle
from enrollments.models import Consent, Enrollment
from tests.admin.test_admin_pages import changelist
from tests.factories import NOW, active
from texture_portal import actors

BY = actors.system("tests")
HISTORY = Consent.history.model


def listed(client, day, **more):
    return list(client.get(changelist(HISTORY), {"in_force_on": day, **more}).context["cl"].result_list)


def test_a_consent_is_in_force_from_its_day_until_it_is_revoked(administrator):
    kept, left = active(), active()
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=left.pk)
        at = NOW + timedelta(days=10)
        lifecycle.revoke_consent(held, revoked_at=at, source="device_app", now=at, by=BY)
    days = {days: (NOW + timedelta(days=days)).date().isoformat() for days in (-1, 1, 11)}
    assert listed(administrator, days[-1]) == []
    assert {each.enrollment_id for each in listed(administrator, days[1])} == {kept.pk, left.pk}
    assert {each.enrollment_id for each in listed(administrator, days[11])} == {kept.pk}
    of_one = listed(administrator, days[1], q=left.device.serial_number)
    assert [each.enrollment_id for each in of_one] == [left.pk]
    assert of_one[0].revoked_at is None, "as it stood then"


def test_what_is_no_day_narrows_nothing(administrator):
    active()
    assert listed(administrator, "yesterday")
