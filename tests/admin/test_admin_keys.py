"""The page of keys and secrets: how old each is, when it was used last, and never what it is."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse

from partners.models import SigningKey
from partners.onboarding import add_application
from partners.webhooks import endpoints
from tests.admin.conftest import member_of
from tests.factories import PartnerFactory, SigningKeyFactory, WebhookEndpointFactory
from texture_portal import clock, key_use, keys
from texture_portal.actors import system
from texture_portal.models import Key

PAGE = reverse("admin:texture_portal_key_changelist")


@pytest.fixture
def page_of(db):
    keys.write_down(now=clock.now())
    partner = PartnerFactory(name="Acme Energy")
    key = SigningKeyFactory(partner=partner)
    application = add_application(partner).application
    endpoint = WebhookEndpointFactory(partner=partner)
    endpoints.rotate_secret(endpoint, now=clock.now(), by=system("tests"))
    return lambda group: (member_of(group).get(PAGE).content.decode(), key, application, endpoint)


def test_every_kind_is_on_it_with_age_and_last_use_and_no_secret(page_of):
    shown, key, application, endpoint = page_of("Administrator")
    for secret in (settings.SECRET_KEY, *settings.DATA_KEYS, *settings.CHECKPOINT_KEYS, application.client_secret):
        assert secret not in shown
    assert key_use.name_of(settings.DATA_KEYS[0]) in shown
    for wanted in (str(key.pk), application.client_id, str(endpoint.pk)[-12:], "Last used", "signs and seals"):
        assert wanted in shown


def test_partner_managers_and_auditors_read_it_and_program_staff_do_not(page_of):
    assert "Acme Energy" in page_of("Partner manager")[0]
    assert "The portal&#x27;s own" in page_of("Auditor")[0]
    assert member_of("Program staff").get(PAGE).status_code == 403


def test_what_is_older_than_secrets_should_become_is_marked(page_of, settings):
    old = clock.now() - timedelta(days=400)
    SigningKey.objects.update(created_at=old)
    assert "400 d" in page_of("Administrator")[0]
    rows = member_of("Auditor").get(PAGE).context["parts"][2]["table"]["rows"]
    assert any("400 d" in str(cell) and "<" in str(cell) for row in rows for cell in row)


def test_a_key_has_a_page_of_its_own_that_changes_nothing(page_of, administrator):
    page_of("Administrator")
    key = Key.objects.first()
    url = reverse("admin:texture_portal_key_change", args=(key.pk,))
    assert key.fingerprint in administrator.get(url).content.decode()
    assert administrator.post(url, {}).status_code == 403
