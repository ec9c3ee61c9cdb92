"""Partners: taken on by staff with credentials shown once, their status changed by verbs."""

import json
import re
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.contrib.sessions.models import Session
from django.urls import reverse

from partners import maintenance
from partners.models import Maintenance, Partner, SigningKey, WebhookMessage
from tests.factories import PartnerFactory, SigningKeyFactory, WebhookEndpointFactory
from texture_portal import actors, clock

BY = actors.system("tests")
ADD = "/admin/partners/partner/add/"
NEW = {
    "name": "Sunny Inverters", "kind": "oem", "environment": "sandbox", "manufacturers": "Sunny\r\nShiny\r\n",
    "redirect_urls": "", "scopes": ["enrollments:read", "enrollments:write"], "public_key_pem": "",
    "algorithm": "ed25519",
}  # fmt: skip


def page_of(partner):
    return reverse("admin:partners_partner_change", args=(partner.pk,))


def test_a_new_partner_gets_credentials_that_are_shown_once(administrator):
    answer = administrator.post(ADD, NEW)
    page = answer.content.decode()
    partner = Partner.objects.get(name="Sunny Inverters")
    assert partner.manufacturers == ["Sunny", "Shiny"]
    assert "BEGIN PRIVATE KEY" in page
    assert partner.applications.get().client_id in page
    assert "no-store" in answer["Cache-Control"]
    (secret,) = set(re.findall(r"<dt[^>]*>clientSecret</dt>\s*<dd><pre[^>]*>([^<]+)</pre>", page))
    again = administrator.get(page_of(partner)).content.decode()
    assert secret not in again
    assert "PRIVATE KEY" not in again
    assert all(secret not in str(session.get_decoded()) for session in Session.objects.all())


def test_a_partner_with_a_bad_key_is_not_taken_on(administrator):
    answer = administrator.post(ADD, NEW | {"public_key_pem": "not a key"})
    assert "cannot be used" in answer.content.decode()
    assert not Partner.objects.exists()


def test_who_may_only_look_takes_nobody_on(onlooker):
    assert onlooker.get(ADD).status_code == 403
    assert onlooker.post(ADD, NEW).status_code == 403
    assert not Partner.objects.exists()


@pytest.mark.parametrize(
    ("before", "verb", "after"),
    [("active", "suspend", "suspended"), ("suspended", "reinstate", "active"), ("active", "end", "ended")],
)
def test_a_status_changes_by_a_verb_with_its_reason_in_the_history(before, verb, after, administrator, carry_out):
    partner = PartnerFactory(status=before)
    carry_out(administrator, partner, verb, reason="Agreed by letter.")
    partner.refresh_from_db()
    assert partner.status == after
    newest = partner.history.first()
    assert newest.history_user == administrator.user
    assert "Agreed by letter." in newest.history_change_reason


def test_a_suspended_partner_is_told_by_webhook_and_one_that_is_reinstated_is_not(administrator, carry_out):
    endpoint = WebhookEndpointFactory(event_types=["partner.suspended"])
    carry_out(administrator, endpoint.partner, "suspend", reason="They sent us somebody else's customers.")
    carry_out(administrator, endpoint.partner, "reinstate", reason="It is mended.")
    [message] = WebhookMessage.objects.filter(deliveries__endpoint=endpoint)
    said = json.loads(message.body)
    assert (said["type"], said["data"]["status"]) == ("partner.suspended", "suspended")
    assert said["data"]["partnerId"] == str(endpoint.partner_id)
    assert "somebody" not in message.body


@pytest.mark.parametrize("verb", ["suspend", "reinstate", "end"])
def test_a_partner_that_has_ended_stays_so_whoever_still_has_its_page_open(verb, administrator, carry_out):
    partner = PartnerFactory(status="ended")
    carry_out(administrator, partner, verb, reason="Too late.")
    partner.refresh_from_db()
    assert (partner.status, partner.history.count()) == ("ended", 1)


def test_a_status_does_not_change_without_a_reason_or_permission(administrator, onlooker, carry_out):
    partner = PartnerFactory()
    carry_out(administrator, partner, "end", reason=" ")
    assert carry_out(onlooker, partner, "end", reason="Curious.").status_code == 403
    partner.refresh_from_db()
    assert partner.status == "active"


def test_editing_a_partner_cannot_set_its_status(administrator):
    partner = PartnerFactory(name="Sunny Inverters")
    edited = {
        "name": "Sunny Inverters Inc", "kind": "oem", "environment": "production", "status": "ended",
        "manufacturers": "Sunny\n\n", "redirect_urls": "https://sunny.example/done",
    }  # fmt: skip
    for prefix in ("signing_keys", "applications", "webhook_endpoints"):
        edited |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    assert administrator.post(page_of(partner), edited).status_code == 302
    partner.refresh_from_db()
    assert (partner.name, partner.status, partner.manufacturers, partner.redirect_urls) == (
        "Sunny Inverters Inc", "active", ["Sunny"], ["https://sunny.example/done"],
    )  # fmt: skip


def test_keys_are_listed_with_their_state_and_without_their_secret(administrator):
    partner = PartnerFactory()
    live = SigningKeyFactory(partner=partner)
    shared = SigningKey(
        partner=partner, algorithm="hmac-sha256", not_before=live.not_before, revoked_at=live.not_before
    )
    shared.set_secret(b"a shared secret of the partner's")
    shared.save()
    page = administrator.get(page_of(partner)).content.decode()
    for shown in (str(live.pk), str(shared.pk), "not live"):
        assert shown in page
    assert "shared secret of" not in page
    assert bytes(shared.sealed_secret).hex() not in page


def test_a_key_that_the_portal_makes_is_shown_once_and_is_on_record(administrator, carry_out):
    partner = PartnerFactory()
    answer = carry_out(administrator, partner, "add-key", algorithm="ed25519", public_key_pem="")
    key = partner.signing_keys.get()
    assert "BEGIN PRIVATE KEY" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert "PRIVATE KEY" not in administrator.get(page_of(partner)).content.decode()
    assert f"signing key {key.pk} added" in partner.history.first().history_change_reason


def test_a_partners_own_public_key_is_pasted(administrator, carry_out):
    partner = PartnerFactory()
    pem = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    answer = carry_out(administrator, partner, "add-key", algorithm="hmac-sha256", public_key_pem=pem.decode())
    key = partner.signing_keys.get()
    assert (key.algorithm, key.supplied_by_partner) == ("ed25519", True)
    assert "PRIVATE KEY" not in answer.content.decode()


def test_a_key_that_cannot_be_used_is_not_added(administrator, carry_out, said):
    partner = PartnerFactory()
    page = carry_out(administrator, partner, "add-key", algorithm="ed25519", public_key_pem="not a key")
    assert any("cannot be used" in message for message in said(page))
    assert not partner.signing_keys.exists()


def test_a_key_is_revoked_for_a_reason_that_is_on_record(administrator, carry_out):
    partner = PartnerFactory()
    one, other = SigningKeyFactory(partner=partner), SigningKeyFactory(partner=partner)
    carry_out(administrator, partner, "revoke-key", key=str(one.pk), reason="It leaked, and " + "so on " * 40)
    revoked = {key.pk for key in partner.signing_keys.exclude(revoked_at=None)}
    assert revoked == {one.pk}
    written = partner.history.first()
    assert written.history_user == administrator.user
    assert f"signing key {one.pk} revoked: It leaked" in written.history_change_reason
    assert other.revoked_at is None


@pytest.mark.parametrize("wrong", ["no reason", "another's key"])
def test_a_key_is_not_revoked_otherwise(wrong, administrator, carry_out, said):
    key, foreign = SigningKeyFactory(), SigningKeyFactory()
    given = {"key": str(key.pk), "reason": " "} if wrong == "no reason" else {"key": str(foreign.pk), "reason": "Why."}
    page = carry_out(administrator, key.partner, "revoke-key", **given)
    assert any("Nothing was changed" in message for message in said(page))
    assert not SigningKey.objects.exclude(revoked_at=None).exists()


def test_a_client_is_added_with_its_secret_shown_once_and_revoked_for_a_reason(administrator, carry_out):
    partner = PartnerFactory()
    answer = carry_out(administrator, partner, "add-client", scopes=["enrollments:read"])
    client = partner.applications.get()
    (secret,) = set(re.findall(r"<dt[^>]*>clientSecret</dt>\s*<dd><pre[^>]*>([^<]+)</pre>", answer.content.decode()))
    assert client.scopes == ["enrollments:read"]
    assert secret not in administrator.get(page_of(partner)).content.decode()
    carry_out(administrator, partner, "revoke-client", client=str(client.pk), reason="Rotated.")
    client.refresh_from_db()
    assert client.revoked_at is not None
    assert f"{client.client_id} revoked: Rotated." in partner.history.first().history_change_reason


@pytest.mark.parametrize(
    ("hours", "whose", "called_off", "counts"),
    [
        (48, "partner", False, "as planned: left out of scorecards"),
        (48, None, False, "as planned: left out of the outages on /status/"),
        (47, "partner", False, "as an outage"),
        (48, "partner", True, "as an outage: it is called off"),
    ],
)
def test_the_console_says_of_a_maintenance_what_is_done_with_it(administrator, hours, whose, called_off, counts):
    now, hour = clock.now(), timedelta(hours=1)
    planned = maintenance.announce(
        PartnerFactory() if whose else None, what="A move", starts_at=now + hours * hour, ends_at=now + 50 * hour,
        now=now, by=BY,
    )  # fmt: skip
    if called_off:
        planned = maintenance.cancel(planned, now=now, by=BY)
    shown = administrator.get(reverse("admin:partners_maintenance_change", args=(planned.pk,))).content.decode()
    assert re.search(rf">\s*{counts}\s*<", shown)
    assert Maintenance.objects.in_time().filter(pk=planned.pk).exists() is counts.startswith("as planned")
