"""A revocation of consent ends OAuth access at the cloud itself; its duty says with what outcome, and when (§11.5)."""

from datetime import timedelta

import pytest

from devices.connections import reach
from devices.connections.access import authorize
from devices.models import Connection
from enrollments import duties, stacking
from enrollments.models import RevocationDuty
from tests.devices.connections.conftest import CUSTOMER
from tests.factories import DeviceFactory, consent_claim, enrolled
from texture_portal import clock


@pytest.fixture
def linked(linking):
    """An enrollment whose end user linked the device by OAuth too, at the partner's own cloud."""
    enrollment = enrolled(partner=linking.cloud.partner)
    connection = linking.granted(customer=enrollment.customer)
    reach.attach(connection, [enrollment.device])
    now = clock.now()
    return stacking.consent_by_oauth(enrollment, consent_claim(granted_at=now), now=now, by=CUSTOMER), connection


def revoked(enrollment):
    now = clock.now()
    stacking.revoke_by_oauth(enrollment, revoked_at=now, now=now, by=CUSTOMER)


def duty():
    return RevocationDuty.objects.get(kind="access_given_up")


def test_the_cloud_ends_the_grant_and_the_duty_is_settled(linking, linked):
    enrollment, connection = linked
    given = authorize(connection, now=clock.now())
    assert linking.reads(given).status_code == 200
    revoked(enrollment)
    now = clock.now()
    duties.carry_out(now=now)
    assert linking.reads(given).status_code == 401
    assert (duty().outcome, duty().settled_at) == ("given_up", now)
    row = Connection.objects.get(pk=connection.pk)
    assert (row.status, row.ending, row.revoked_reason) == ("revoked", "ended", "consent was revoked")


def test_a_cloud_that_is_away_leaves_the_duty_open_until_it_is_told(linking, linked):
    enrollment, connection = linked
    given = authorize(connection, now=clock.now())
    linking.sandbox.fault("unavailable", category="token")
    revoked(enrollment)
    with pytest.raises(ExceptionGroup):
        duties.carry_out(now=clock.now())
    assert (duty().settled_at, duty().last_fault) == (None, "devices.connections.ending.NotEndedError")
    linking.sandbox.control("DELETE", "faults")
    duties.carry_out(now=clock.now() + timedelta(minutes=5))
    assert duty().outcome == "given_up"
    assert linking.reads(given).status_code == 401


def test_a_grant_that_others_use_goes_on_and_the_duty_says_so(linking, linked):
    enrollment, connection = linked
    reach.attach(connection, [DeviceFactory(customer=enrollment.customer)])
    revoked(enrollment)
    duties.carry_out(now=clock.now())
    assert duty().outcome == "withdrawn"
    assert linking.reads(authorize(connection, now=clock.now())).status_code == 200
