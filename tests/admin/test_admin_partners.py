"""Partners: taken on by staff with credentials shown once, their status changed by verbs."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse

from partners.models import Partner, SigningKey
from tests.factories import PartnerFactory, SigningKeyFactory

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
    for prefix in ("signing_keys", "applications"):
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
