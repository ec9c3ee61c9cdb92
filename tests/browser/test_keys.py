"""The page of keys and secrets, as an administrator finds it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from partners.models import SigningKey
from partners.onboarding import create_partner
from partners.webhooks import endpoints
from tests.factories import WebhookEndpointFactory
from texture_portal import actors, clock, keys
from texture_portal.models import Key

pytestmark = pytest.mark.browser
TESTS = actors.system("tests")


def test_keys_and_secrets_fit_the_screen_and_lead_to_where_they_are_exchanged(sign_in, keep):
    now = clock.now()
    keys.write_down(now=now)
    partner = create_partner("Acme Energy", kind="oem", now=now, by=TESTS).partner
    endpoints.rotate_secret(WebhookEndpointFactory(partner=partner), now=now, by=TESTS)
    SigningKey.objects.update(created_at=now - timedelta(days=731))
    page = sign_in("Administrator")
    page.goto(reverse("admin:texture_portal_key_changelist"))
    assert page.locator("text=signs and seals").count() >= 3
    keep(page, "keys")
    page.goto(reverse("admin:texture_portal_key_change", args=(Key.objects.first().pk,)))
    keep(page, "key")
    page.goto(reverse("admin:texture_portal_key_changelist"))
    page.locator("a:visible", has_text="Acme Energy").first.click()
    page.wait_for_url(f"**/partners/partner/{partner.pk}/change/")
