"""What a partner manager does with partners and their webhooks, each once in the browser."""

import json

import pytest
from django.urls import reverse

from partners import onboarding
from partners.models import Partner, WebhookDelivery, WebhookEndpoint
from partners.webhooks import announce
from tests.browser.test_console import carry_out, page_of
from tests.factories import listening_partner
from texture_portal import actors, clock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MANAGER = "(staff partner-manager)"


@pytest.fixture
def partner():
    made = onboarding.create_partner("Sunny Inverters", kind="oem", now=clock.now(), by=actors.system("tests"))
    return Partner.objects.get(pk=made.partner.pk)


@pytest.fixture
def dead_letter():
    announce(partner=listening_partner(), type="test", data=dict, now=clock.now())
    row = WebhookDelivery.objects.get()
    row.state, row.outcome, row.settled_at, row.attempts = "dead", "http_503", clock.now(), 9
    row.save()
    return row


def on_record(partner):
    newest = partner.history.first()
    return newest.history_change_reason, newest.history_user


@pytest.mark.performs("partners.partner:add-key", "partners.partner:revoke-key", "partners.partner:revoke-client")
def test_keys_and_clients_are_rotated(partner, sign_in, keep):
    first, client = partner.signing_keys.get(), partner.applications.get()
    page = sign_in("Partner manager")
    page.goto(page_of(partner))
    carry_out(page, "add-key")
    assert "BEGIN PRIVATE KEY" in page.content()
    keep(page, "partner-key-added")
    second = partner.signing_keys.exclude(pk=first.pk).get()
    assert on_record(partner) == (f"signing key {second.pk} added {MANAGER}", page.user)
    page.goto(page_of(partner))
    assert "PRIVATE KEY" not in page.content()
    page.locator("#revoke-key-form").locator("xpath=preceding-sibling::summary").click()
    page.locator("#revoke-key-form [name=key]").select_option(str(first.pk))
    carry_out(page, "revoke-key", reason="It leaked.")
    assert f"The signing key {first.pk} is revoked." in page.content()
    first.refresh_from_db()
    assert first.revoked_at is not None
    assert on_record(partner) == (f"signing key {first.pk} revoked: It leaked. {MANAGER}", page.user)
    carry_out(page, "revoke-client", reason="It is not used.")
    assert f"The OAuth client {client.client_id} is revoked." in page.content()
    keep(page, "partner-client-revoked")
    client.refresh_from_db()
    assert client.revoked_at is not None
    assert on_record(partner) == (f"OAuth client {client.client_id} revoked: It is not used. {MANAGER}", page.user)


@pytest.mark.performs(
    "partners.partner:suspend",
    "partners.partner:reinstate",
    "partners.partner:change",
    "partners.partner:end",
    "partners.partner:history",
    "partners.partner:simple_history",
)
def test_a_partner_is_suspended_reinstated_renamed_and_ended(partner, sign_in, keep):
    page = sign_in("Partner manager")
    page.goto(page_of(partner))
    for verb, status, reason in (
        ("suspend", "suspended", "They sent nonsense."),
        ("reinstate", "active", "They mended it."),
    ):
        carry_out(page, verb, reason=reason)
        assert f"is now {status}." in page.content()
        keep(page, f"partner-{status}")
        assert Partner.objects.get().status == status
        assert reason in on_record(partner)[0]
        assert on_record(partner)[1] == page.user
    page.fill("[name=name]", "Sunny Inverters Inc.")
    page.locator("[name=_continue]").first.click()
    page.wait_for_load_state()
    assert Partner.objects.get().name == "Sunny Inverters Inc."
    carry_out(page, "end", reason="The contract ended.")
    assert "is now ended." in page.content()
    keep(page, "partner-ended")
    assert "live" not in {each.inner_text().lower() for each in page.locator("td.field-state").all()}
    assert Partner.objects.get().status == "ended"
    page.locator("a:has-text('History')").filter(visible=True).last.click()
    page.wait_for_load_state()
    for told in ("The contract ended.", "typed on its page", "partner-manager"):
        assert told in page.content()
    keep(page, "partner-history")
    first = partner.history.earliest()
    page.goto(reverse("admin:partners_partner_simple_history", args=(partner.pk, first.pk)))
    keep(page, "partner-version")
    assert page.get_by_role("button", name="Revert").count() == 0
    assert not page.locator("[name=name]").is_editable()


@pytest.mark.performs("partners.partner:raise-limit")
def test_a_rate_limit_is_raised(partner, sign_in, keep):
    page = sign_in("Partner manager")
    page.goto(page_of(partner))
    assert "control 100" in page.content()
    page.locator("#raise-limit-form").locator("xpath=preceding-sibling::summary").click()
    page.locator("#raise-limit-form [name=category]").select_option("control")
    page.locator("#raise-limit-form [name=a_second]").fill("900")
    carry_out(page, "raise-limit", reason="A fleet of chargers.")
    assert "900 times a second in the category control" in page.content()
    assert "control 900" in page.content()
    keep(page, "partner-limit-raised")
    assert "A fleet of chargers." in on_record(partner)[0]
    assert on_record(partner)[1] == page.user


@pytest.mark.performs(
    "partners.webhookdelivery:send-again",
    "partners.webhookendpoint:test",
    "partners.webhookendpoint:rotate-secret",
    "partners.webhookendpoint:disable",
    "partners.webhookendpoint:enable",
    "partners.webhookendpoint:send-all-again",
)
def test_an_endpoint_is_tested_disabled_enabled_and_its_dead_letters_sent_again(dead_letter, sign_in, keep):
    endpoint = dead_letter.endpoint
    partner = endpoint.partner
    page = sign_in("Partner manager")
    page.goto(page_of(dead_letter))
    keep(page, "webhook-dead-letter")
    carry_out(page, "send-again", reason="Their database is back.")
    assert "It is sent again, for another 72 hours." in page.content()
    assert WebhookDelivery.objects.get().state == "pending"
    assert "Their database is back." in on_record(partner)[0]
    page.goto(page_of(endpoint))
    assert "every type" in page.content()
    carry_out(page, "test")
    assert "A test is on its way" in page.content()
    keep(page, "webhook-endpoint-tested")
    assert WebhookDelivery.objects.count() == 2
    carry_out(page, "disable", reason="It floods us.")
    assert "The endpoint is disabled." in page.content()
    keep(page, "webhook-endpoint-disabled")
    assert WebhookEndpoint.objects.get().disabled_by == "staff"
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"dead"}
    assert on_record(partner) == (f"webhook endpoint {endpoint.pk} disabled: It floods us. {MANAGER}", page.user)
    carry_out(page, "enable", reason="It behaves again.")
    assert WebhookEndpoint.objects.get().is_live
    carry_out(page, "send-all-again", reason="They are back.")
    assert "2 dead letters are sent again." in page.content()
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"pending"}
    assert "They are back." in on_record(partner)[0]
    the_secret_is_rotated(page, endpoint, keep)


def the_secret_is_rotated(page, endpoint, keep):
    carry_out(page, "rotate-secret", reason="The old one leaked.")
    keep(page, "webhook-secret-rotated")
    shown = json.loads(page.locator("pre").last.inner_text())
    assert shown["secret"].startswith("whsec_")
    said = f"secret of webhook endpoint {endpoint.pk} rotated: The old one leaked. {MANAGER}"
    assert on_record(endpoint.partner) == (said, page.user)
    page.goto(page_of(endpoint))
    assert shown["secret"] not in page.content()
    keep(page, "webhook-endpoint")
