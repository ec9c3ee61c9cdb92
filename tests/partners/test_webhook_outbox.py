"""The outbox: who is told what is decided in the transaction of the cause."""

import json
from datetime import timedelta

import pytest
from django.db import transaction

from partners import webhooks
from partners.models import Partner, WebhookDelivery, WebhookMessage
from partners.onboarding import change_status
from partners.webhooks import outbox
from partners.webhooks.types import TYPES
from tests.factories import NOW, PartnerFactory, WebhookEndpointFactory
from texture_portal import actors
from texture_portal.ids import new_id

pytestmark = pytest.mark.django_db


def again(row):
    return type(row).objects.get(pk=row.pk)


def announce(partner, **options):
    return webhooks.announce(**{
        "partner": again(partner), "type": "enrollment.created", "data": lambda: {"id": "7"}, "now": NOW, **options,
    })  # fmt: skip


def receivers() -> set:
    return set(WebhookDelivery.objects.values_list("endpoint_id", flat=True))


def test_each_endpoint_that_takes_the_type_is_told_the_same_bytes():
    partner = PartnerFactory()
    all_types, this_type, _other_type = (
        WebhookEndpointFactory(partner=partner, event_types=types)
        for types in (["*"], ["test", "enrollment.created"], ["consent.revoked"])
    )
    WebhookEndpointFactory()  # another partner's
    subject = new_id()
    key = announce(partner, subject=subject)
    assert receivers() == {all_types.pk, this_type.pk}
    message = WebhookMessage.objects.get()
    assert json.loads(message.body) == {
        "type": "enrollment.created",
        "version": "1.0.0",
        "key": str(key),
        "timestamp": "2026-05-04T15:00:00Z",
        "data": {"id": "7"},
    }
    row = WebhookDelivery.objects.first()
    assert (row.state, row.due_at, row.give_up_at, row.subject) == ("pending", NOW, NOW + timedelta(hours=72), subject)


def test_a_partner_that_has_ended_is_told_nothing_any_more():
    partner = WebhookEndpointFactory().partner
    announce(partner)
    change_status(partner, Partner.Status.ENDED, now=NOW, by=actors.system("tests"), reason="It is gone.")
    assert (again(partner).status, again(partner).takes_webhooks) == ("ended", False)
    assert announce(again(partner)) is None
    row = WebhookDelivery.objects.get()
    assert (row.state, row.outcome) == ("dead", "endpoint_disabled")


@pytest.mark.parametrize("gone", ["disabled", "removed"])
def test_an_endpoint_that_is_disabled_or_removed_is_told_nothing(gone):
    endpoint = WebhookEndpointFactory()
    assert again(endpoint.partner).takes_webhooks
    if gone == "disabled":
        endpoint.disabled_at, endpoint.disabled_by = NOW, "staff"
    else:
        endpoint.removed_at = NOW
    endpoint.save()
    assert not again(endpoint.partner).takes_webhooks
    assert announce(endpoint.partner) is None
    assert WebhookMessage.objects.count() == 0


def test_nothing_is_put_together_for_a_partner_that_does_not_listen():
    def never():
        raise AssertionError

    assert announce(PartnerFactory(), data=never) is None
    assert announce(PartnerFactory(), data=never, type="consent.revoked") is None
    assert [(each.type, each.body) for each in WebhookMessage.objects.all()] == [("consent.revoked", "")]


def test_whoever_saves_the_partner_cannot_unsay_that_it_listens():
    stale = PartnerFactory()
    WebhookEndpointFactory(partner=stale)
    assert not stale.takes_webhooks
    stale.save()
    assert again(stale).takes_webhooks
    Partner.objects.update(takes_webhooks=False)
    assert again(stale).takes_webhooks


def test_an_endpoint_that_was_added_meanwhile_is_sent_no_empty_message():
    stale = PartnerFactory()
    WebhookEndpointFactory(partner=stale)
    webhooks.announce(partner=stale, type="consent.revoked", data=dict, now=NOW)
    assert WebhookMessage.objects.count() == 1  # on record
    assert WebhookDelivery.objects.count() == 0


def test_it_goes_with_its_cause():
    endpoint = WebhookEndpointFactory()
    with transaction.atomic():
        announce(endpoint.partner)
        transaction.set_rollback(True)
    assert WebhookMessage.objects.count() == 0


def test_there_is_no_telling_of_what_is_not_in_the_table():
    with pytest.raises(KeyError):
        announce(PartnerFactory(), type="enrollment.exploded")


def test_every_type_is_described():
    assert all(len(each.about) > 20 for each in TYPES.values())
    assert all(name == each.name and name.islower() for name, each in TYPES.items())


def test_what_was_said_of_a_person_can_be_blanked():
    endpoint = WebhookEndpointFactory()
    one, other = new_id(), new_id()
    announce(endpoint.partner, subject=one)
    announce(endpoint.partner, subject=other)
    assert webhooks.forget([one], partner_id=endpoint.partner_id) == 1
    assert WebhookMessage.objects.get(subject=one).body == ""
    assert [each.subject for each in WebhookDelivery.objects.all()] == [other]


@pytest.mark.parametrize(("claimed_until", "state"), [
    (None, "expired"), (NOW - timedelta(seconds=1), "expired"), (NOW + timedelta(seconds=1), "pending"),
])  # fmt: skip
def test_what_is_taken_back_is_what_nobody_carries_now(claimed_until, state):
    subject = new_id()
    announce(WebhookEndpointFactory().partner, subject=subject)
    WebhookDelivery.objects.update(claimed_until=claimed_until)
    outbox.take_back([subject], type="enrollment.created", now=NOW)
    assert WebhookDelivery.objects.get().state == state
