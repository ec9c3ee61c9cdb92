"""A revocation is carried to the other side, and what came of it is on record (§11.5)."""

import contextlib
import http.client
import http.server
import threading
from datetime import timedelta

import pytest
from django.db import transaction

from devices import access
from enrollments import duties, lifecycle, stacking
from enrollments.models import Enrollment, RevocationDuty
from partners.models import WebhookDelivery, WebhookMessage
from tests.factories import NOW, WebhookEndpointFactory, consent_claim, enrolled
from tests.waiting import PATIENCE
from texture_portal import actors
from texture_portal.ids import new_id

CUSTOMER = actors.Actor(actors.Role.CUSTOMER, "the end user", actors.Channel.WEB)
LATER = NOW + timedelta(minutes=10)


@pytest.fixture
def cloud(monkeypatch):
    """An OEM's cloud on loopback that ends grants, and a connector that holds access there to every device."""
    ended, answers = [], [503, 200]

    class Cloud(http.server.BaseHTTPRequestHandler):
        def do_DELETE(self):
            status = answers.pop(0)
            if status == 200:
                ended.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Cloud)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    class Connector:
        def holds(self, device):
            return True

        def give_up(self, device):
            with contextlib.closing(
                http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=PATIENCE)
            ) as asked:
                asked.request("DELETE", f"/grants/{device.pk}")
                with asked.getresponse() as answer:
                    if answer.status != 200:
                        raise ConnectionError(answer.status)
            return access.GivenUp.ENDED

    monkeypatch.setattr(access, "ACCESSES", [Connector()])
    yield ended
    server.shutdown()
    server.server_close()


def revoked_by_end_user():
    made = stacking.consent_by_oauth(enrolled(), consent_claim(granted_at=NOW), now=NOW, by=CUSTOMER)
    return stacking.revoke_by_oauth(made, revoked_at=LATER, now=LATER, by=CUSTOMER)


def revoked_by_partner():
    made = enrolled()
    by = actors.partner(made.partner_id, request_id=new_id())
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=made.pk)
        lifecycle.revoke_consent(held, revoked_at=LATER, source="device_app", now=LATER, by=by)
    return held


def duty(kind):
    return RevocationDuty.objects.get(kind=kind)


@pytest.mark.django_db
def test_access_is_given_up_at_the_oem_and_tried_again_until_it_is(cloud):
    held = revoked_by_end_user()
    with pytest.raises(ExceptionGroup, match="could not be worked off"):
        duties.carry_out(now=LATER)
    assert (duty("access_given_up").outcome, duty("access_given_up").last_fault) == ("", "builtins.ConnectionError")
    assert duties.carry_out(now=LATER) == 0
    at = LATER + duties.LEASE
    duties.carry_out(now=at)
    done = duty("access_given_up")
    assert (done.outcome, done.settled_at, done.attempt_at, done.attempts) == ("given_up", at, None, 2)
    assert cloud == [f"/grants/{held.device_id}"]
    duties.carry_out(now=at + timedelta(hours=2))
    assert len(cloud) == 1


@pytest.mark.django_db
def test_where_no_connector_holds_access_nothing_is_claimed():
    revoked_by_end_user()
    duties.carry_out(now=LATER)
    left = duty("access_given_up")
    assert (left.settled_at, left.outcome, left.last_fault) == (None, "", "devices.access.NoAccessError")
    assert left.attempt_at > LATER


@pytest.mark.django_db
def test_the_partners_first_2xx_is_its_acknowledgement():
    held = revoked_by_end_user()
    duties.carry_out(now=LATER)
    assert (duty("partner_told").outcome, duty("partner_told").last_fault) == ("", "nobody")
    acknowledged_at = LATER + timedelta(minutes=3)
    told = WebhookMessage.objects.get(subject=held.pk, type="consent.revoked")
    WebhookDelivery.objects.create(
        message=told, endpoint=WebhookEndpointFactory(partner=held.partner), subject=held.pk, state="delivered",
        due_at=LATER, give_up_at=LATER, settled_at=acknowledged_at,
    )  # fmt: skip
    duties.carry_out(now=LATER + timedelta(hours=1))
    assert (duty("partner_told").outcome, duty("partner_told").settled_at) == ("acknowledged", acknowledged_at)


@pytest.mark.django_db
def test_a_partner_without_webhooks_knows_what_it_reported_itself():
    revoked_by_partner()
    duties.carry_out(now=LATER)
    assert (duty("partner_told").outcome, duty("partner_told").settled_at) == ("reported_by_partner", LATER)
