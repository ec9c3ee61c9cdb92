"""`create_partner` and `rotate_partner_key`: credentials on the standard output, once, as JSON (contract §2)."""

import base64
import io
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command

from partners.models import Application, Partner, SigningKey
from partners.scopes import SCOPES

pytestmark = pytest.mark.django_db


def run(*words):
    printed = io.StringIO()
    call_command(*words, stdout=printed)
    return json.loads(printed.getvalue())


def public_pem(private):
    return private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def test_a_partner_is_created_with_a_client_and_a_key():
    made = run("create_partner", "Acme Energy", "--kind", "oem")
    assert list(made) == ["partnerId", "clientId", "clientSecret", "keyId", "algorithm", "privateKeyPem"]
    partner = Partner.objects.get(id=made["partnerId"])
    assert (partner.kind, partner.status, partner.environment) == ("oem", "active", "sandbox")
    assert partner.history.get().history_change_reason == "taken on (system create_partner)"
    application = Application.objects.get(client_id=made["clientId"])
    assert (application.partner, application.scopes) == (partner, list(SCOPES))
    assert len(made["clientSecret"]) >= 43
    key = SigningKey.objects.get(id=made["keyId"])
    private = serialization.load_pem_private_key(made["privateKeyPem"].encode(), None)
    assert public_pem(private).decode() == key.public_key_pem


@pytest.mark.parametrize(("algorithm", "private"), [("ed25519", True), ("ecdsa-p256-sha256", True), ("hmac-sha256", 0)])
def test_every_algorithm_gives_what_signs_by_it(algorithm, private):
    made = run("create_partner", "Acme Energy", "--kind", "tpdo", "--algorithm", algorithm)
    assert made["algorithm"] == algorithm
    assert ("privateKeyPem" in made, "secretBase64" in made) == (bool(private), not private)
    if not private:
        assert base64.b64decode(made["secretBase64"]) == SigningKey.objects.get().secret()


def test_options_reach_the_partner_and_its_client():
    words = ["--manufacturer", "Acme Energy", "--manufacturer", " acme  ENERGY", "--manufacturer", "Bolt"]
    words += ["--redirect-url", "https://acme.example/linked", "--scope", "enrollments:read", "--scope", "events:read"]
    run("create_partner", "Acme Energy", "--kind", "oem", *words)
    partner = Partner.objects.get()
    assert partner.may_enroll("BOLT")
    assert not partner.may_enroll("Volt")
    assert len(partner.manufacturers) == 2
    assert partner.redirect_urls == ["https://acme.example/linked"]
    assert Application.objects.get().scopes == ["enrollments:read", "events:read"]


@pytest.mark.parametrize(
    ("private", "algorithm"),
    [(Ed25519PrivateKey.generate(), "ed25519"), (ec.generate_private_key(ec.SECP256R1()), "ecdsa-p256-sha256")],
)
def test_the_partners_own_public_key(tmp_path, private, algorithm):
    file = tmp_path / "key.pem"
    file.write_bytes(public_pem(private))
    made = run("create_partner", "Acme Energy", "--kind", "oem", "--public-key", str(file))
    assert made["algorithm"] == algorithm
    assert "privateKeyPem" not in made
    assert "secretBase64" not in made
    key = SigningKey.objects.get()
    assert key.supplied_by_partner
    assert key.public_key_pem.encode() == public_pem(private)


@pytest.mark.parametrize(
    "content",
    [
        b"no key",
        b"\xff\xfe",
        public_pem(rsa.generate_private_key(65537, 2048)),
        public_pem(ec.generate_private_key(ec.SECP384R1())),
        Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    ],
    ids=["text", "binary", "rsa", "p-384", "private"],
)
def test_public_keys_that_cannot_be_used_create_nothing(tmp_path, content):
    file = tmp_path / "key.pem"
    file.write_bytes(content)
    with pytest.raises(CommandError, match="Remedy"):
        run("create_partner", "Acme Energy", "--kind", "oem", "--public-key", str(file))
    with pytest.raises(CommandError, match="Remedy"):
        run("create_partner", "Acme Energy", "--kind", "oem", "--public-key", str(tmp_path / "absent.pem"))
    assert not Partner.objects.exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--kind", "oem", "--scope", "no:such"], "Remedy: choose from enrollments:read"),
        (["--kind", "utility"], "invalid choice"),
        (["--kind", "oem", "--algorithm", "rsa-pss-sha512"], "invalid choice"),
        (["--kind", "oem", "--redirect-url", "no url"], "Remedy"),
        ([], "--kind"),
    ],
)
def test_what_cannot_be_is_refused_with_a_remedy(words, says):
    with pytest.raises(CommandError, match=says):
        run("create_partner", "Acme Energy", *words)
    assert not Partner.objects.exists()


def test_plain_http_is_refused_where_the_settings_do_not_take_it(settings):
    settings.ACCEPT_HTTP_URLS = False
    with pytest.raises(CommandError, match="begins with https"):
        run("create_partner", "Acme Energy", "--kind", "oem", "--redirect-url", "http://acme.example/linked")


@pytest.mark.parametrize("name", ["Acme Energy", " acme  energy "])
def test_a_name_is_taken_once(name):
    run("create_partner", "Acme Energy", "--kind", "oem")
    with pytest.raises(CommandError, match=r"already.*Remedy"):
        run("create_partner", name, "--kind", "oem")
    assert Partner.objects.count() == 1


@pytest.mark.parametrize("name", ["", "   ", "x" * 256, "a\x00b"])
def test_names_that_are_none(name):
    with pytest.raises(CommandError, match="Remedy"):
        run("create_partner", name, "--kind", "oem")


def test_rotation_adds_a_key_of_the_same_algorithm_beside_the_old_one():
    first = run("create_partner", "Acme Energy", "--kind", "oem", "--algorithm", "ecdsa-p256-sha256")
    second = run("rotate_partner_key", "Acme Energy")
    assert list(second) == ["partnerId", "keyId", "algorithm", "privateKeyPem"]
    assert second["algorithm"] == "ecdsa-p256-sha256"
    assert {str(key.id) for key in SigningKey.objects.filter(revoked_at=None)} == {first["keyId"], second["keyId"]}
    assert Application.objects.count() == 1


def test_rotation_can_give_a_second_client_with_the_same_scopes():
    run("create_partner", "Acme Energy", "--kind", "oem", "--scope", "events:read")
    second = run("rotate_partner_key", "Acme Energy", "--algorithm", "hmac-sha256", "--client-secret")
    assert second["algorithm"] == "hmac-sha256"
    assert Application.objects.get(client_id=second["clientId"]).scopes == ["events:read"]


def test_rotation_for_nobody():
    with pytest.raises(CommandError, match=r"no partner named 'Nobody'.*create_partner"):
        run("rotate_partner_key", "Nobody")
