"""Partners' keys, client secrets and webhook secrets by command: the new beside the old, which end when it was said."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from partners.models import Application, Partner, SigningKey, WebhookSecret
from partners.webhooks import claiming
from tests.factories import WebhookEndpointFactory
from texture_portal import clock

pytestmark = pytest.mark.django_db


def run(*words):
    printed = io.StringIO()
    call_command(*words, stdout=printed)
    return json.loads(printed.getvalue())


@pytest.fixture
def made():
    return run(
        "create_partner", "Acme Energy", "--kind", "oem", "--scope", "devices:read", "--algorithm", "hmac-sha256"
    )


def test_a_client_secret_is_rotated_with_an_overlap(made):
    second = run("rotate_client_secret", "Acme Energy", "--overlap-hours", "48")
    assert list(second) == ["partnerId", "clientId", "clientSecret"]
    old = Application.objects.get(client_id=made["clientId"])
    new = Application.objects.get(client_id=second["clientId"])
    now = clock.now()
    assert new.scopes == ["devices:read"]
    assert old.is_live(now=now + timedelta(hours=47))
    assert not old.is_live(now=now + timedelta(hours=49))
    assert new.is_live(now=now + timedelta(days=900))
    told = list(Partner.objects.get().history.values_list("history_change_reason", flat=True))
    assert any(f"OAuth client {made['clientId']} ends at" in each for each in told)


def test_a_signing_key_is_rotated_with_an_overlap_in_the_algorithm_of_the_one_before(made):
    second = run("rotate_partner_key", "Acme Energy", "--overlap-hours", "1")
    old, new = SigningKey.objects.get(pk=made["keyId"]), SigningKey.objects.get(pk=second["keyId"])
    now = clock.now()
    assert second["algorithm"] == "hmac-sha256"
    assert old.is_active(now=now)
    assert not old.is_active(now=now + timedelta(hours=2))
    assert new.is_active(now=now + timedelta(days=900))


def test_without_an_overlap_the_old_ones_stay_until_somebody_revokes_them(made):
    run("rotate_partner_key", "Acme Energy", "--client-secret")
    assert {each.expires_at for each in (*SigningKey.objects.all(), *Application.objects.all())} == {None}
    assert (SigningKey.objects.count(), Application.objects.count()) == (2, 2)


def test_an_overlap_never_lengthens_what_ends_before(made):
    run("rotate_client_secret", "Acme Energy", "--overlap-hours", "1")
    soon = Application.objects.get(client_id=made["clientId"]).expires_at
    run("rotate_client_secret", "Acme Energy", "--overlap-hours", "100")
    assert Application.objects.get(client_id=made["clientId"]).expires_at == soon


def test_a_webhook_secret_is_rotated_and_both_sign_for_a_day():
    endpoint = WebhookEndpointFactory()
    first = run("rotate_webhook_secret", str(endpoint.pk))
    second = run("rotate_webhook_secret", str(endpoint.pk))
    assert first["secret"] != second["secret"]
    now = clock.now()
    assert len(claiming.secrets_of({endpoint.pk}, now=now)[endpoint.pk]) >= 2
    assert len(claiming.secrets_of({endpoint.pk}, now=now + timedelta(hours=25))[endpoint.pk]) == 1
    assert WebhookSecret.objects.get(signs_until=None).last_used_at == now + timedelta(hours=25)


@pytest.mark.parametrize(
    "words",
    [
        ("rotate_client_secret", "Nobody"),
        ("rotate_webhook_secret", "01994b1e-0000-7000-8000-000000000000"),
        ("rotate_client_secret", "Acme Energy", "--overlap-hours", "-1"),
    ],
)
def test_what_is_not_there_is_said(made, words):
    with pytest.raises(CommandError):
        call_command(*words)
