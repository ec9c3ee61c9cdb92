"""What visits leave is swept: sessions whose hour is up, access that nobody knows of, links that are old."""

from datetime import timedelta

import pytest

from devices.connections import adopting
from devices.models import Connection
from enrollments.account import by_email
from enrollments.linking import sessions
from enrollments.models import LinkSession, SignInLink
from tests.factories import NOW, CustomerFactory, PartnerFactory, linkable_cloud
from texture_portal.refusals import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def cloud():
    return linkable_cloud(PartnerFactory())


def provisional(cloud, *, granted_at=NOW, **changes):
    made = Connection(
        cloud=cloud, grantor="end_user", way="authorization_code", is_provisional=True, granted_at=granted_at,
        customer=CustomerFactory(partner=cloud.partner), **changes,
    )  # fmt: skip
    made.set_secret("sealed_access_token", "a token for tests only")
    made.save()
    return made


def visit(**changes):
    return LinkSession.objects.create(
        **{
            "state": "opened", "browser_digest": sessions.digest("a browser"), "created_at": NOW, "opened_at": NOW,
            "expires_at": NOW + sessions.LASTS,
        } | changes
    )  # fmt: skip


def test_a_visit_whose_hour_is_up_gives_back_what_it_had(cloud):
    connection, session = provisional(cloud), visit()
    session.connection = connection
    session.note(city="San Rafael")
    session.save()
    sessions.work_off(now=NOW + timedelta(minutes=59))
    assert LinkSession.objects.get().state == "opened"
    sessions.work_off(now=NOW + timedelta(minutes=60))
    row = LinkSession.objects.get()
    assert (row.state, row.sealed_notes, row.connection) == ("expired", None, None)
    assert Connection.objects.get().status == "revoked"
    sessions.work_off(now=NOW + timedelta(days=92))
    assert not LinkSession.objects.exists()


def test_access_that_no_visit_knows_of_is_ended(cloud):
    provisional(cloud)
    sessions.work_off(now=NOW + timedelta(hours=1))
    assert Connection.objects.get().status == "active"
    sessions.work_off(now=NOW + timedelta(hours=2, seconds=1))
    assert Connection.objects.get().status == "revoked"


def test_access_is_adopted_once_and_by_the_partners_own_customer(cloud):
    connection, customer = provisional(cloud), CustomerFactory(partner=cloud.partner)
    with pytest.raises(Refusal):
        adopting.adopt(connection, CustomerFactory(), now=NOW, by=sessions.BY)
    adopting.adopt(connection, customer, now=NOW, by=sessions.BY)
    assert Connection.objects.get().customer == customer
    with pytest.raises(Refusal):
        adopting.adopt(connection, customer, now=NOW, by=sessions.BY)


def test_an_e_mail_that_cannot_be_sent_is_given_up_with_its_time(settings):
    by_email.ask("ana@example.org", origin=by_email.Origin("http://portal", "en"), now=NOW)
    by_email.send_due(now=NOW + timedelta(minutes=16))
    row = SignInLink.objects.get()
    assert (row.sent_at, row.attempt_at, row.sealed_token) == (None, None, None)
    by_email.send_due(now=NOW + timedelta(days=8))
    assert not SignInLink.objects.exists()
