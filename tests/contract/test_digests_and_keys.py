"""`Content-Digest`, and whose key `keyid` may name (§2.2, §2.3)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from .client import Client, send
from .conftest import run
from .payloads import enrollment
from .signing import Key, content_digest, sign

PATH = "/v1/enrollments"


@pytest.mark.parametrize(
    "digest",
    [
        None,
        "",
        "sha-256",
        "sha-256=abc",
        "sha-256=:not base64!:",
        "sha-256=:AAAA:",
        "md5=:Sd/dVLAcvNLSq16eXua5uQ==:",
        "caf\xe9",
        content_digest(b"something else"),
        content_digest(b"something else", "sha-512"),
        content_digest(b""),
    ],
)
def test_a_digest_that_is_absent_or_wrong_is_refused(oem: Client, digest: str | None) -> None:
    request = oem.draft("POST", PATH, enrollment()).drop("Content-Digest")
    if digest is not None:
        request.put("Content-Digest", digest)
    answer = oem.sign_and_send(request)
    assert (answer.status, answer.code) == (401, "digest_mismatch")


def test_a_body_changed_on_the_way_is_refused(oem: Client) -> None:
    request = sign(oem.draft("POST", PATH, enrollment()), oem.key)
    request.body = request.body.replace(b"PowerStack 3", b"PowerStack 4")
    answer = send(request).check()
    assert (answer.status, answer.code) == (401, "digest_mismatch")


def test_an_empty_body_has_a_digest_too(oem: Client) -> None:
    without = oem.draft("POST", PATH, b"").drop("Content-Digest")
    assert oem.sign_and_send(without).code == "digest_mismatch"
    assert oem.post(PATH, b"").code == "malformed_json"


def _key_unknown(oem: Client, key: Key) -> None:
    answer = send(sign(oem.draft("POST", PATH, enrollment()), key)).check()
    assert (answer.status, answer.code) == (401, "key_unknown")


@pytest.mark.parametrize("keyid", ["0199a1f2-0000-7000-8000-00000000dead", "nonsense", "k" * 5000, "0", "%00"])
def test_a_key_that_nobody_has_is_unknown(oem: Client, keyid: str) -> None:
    _key_unknown(oem, Key(keyid, oem.key.algorithm, oem.key.secret))


def test_another_partners_key_is_unknown(oem: Client, stranger: Client) -> None:
    _key_unknown(oem, stranger.key)


def test_rotation_leaves_both_keys_live(new_partner: Callable[..., Client]) -> None:
    oem = new_partner()
    old, new = oem.key, Key.from_printed(run("rotate_partner_key", oem.name))
    assert new.keyid != old.keyid
    assert oem.enroll(enrollment()).status == 201
    oem.key = new
    assert oem.enroll(enrollment()).status == 201


@pytest.mark.parametrize("algorithm", ["ed25519", "ecdsa-p256-sha256"])
def test_a_key_that_the_portal_never_saw_signs(
    new_partner: Callable[..., Client], authority: str, tmp_path: Path, algorithm: str
) -> None:
    private: Any = (
        ed25519.Ed25519PrivateKey.generate() if algorithm == "ed25519" else ec.generate_private_key(ec.SECP256R1())
    )
    file = tmp_path / "public.pem"
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    file.write_bytes(private.public_key().public_bytes(serialization.Encoding.PEM, form))
    printed = run("create_partner", f"Own {algorithm}", "--kind", "tpdo", "--public-key", str(file))
    assert not {"privateKeyPem", "secretBase64"} & set(printed)
    assert printed["algorithm"] == algorithm
    tpdo = Client(authority, {**printed, "name": "own"}, Key(printed["keyId"], algorithm, private))
    assert tpdo.enroll(enrollment()).status == 201


@pytest.mark.parametrize(
    ("algorithm", "secret"),
    [("ed25519", "privateKeyPem"), ("ecdsa-p256-sha256", "privateKeyPem"), ("hmac-sha256", "secretBase64")],
)
def test_onboarding_prints_what_the_partner_needs_once(authority: str, algorithm: str, secret: str) -> None:
    words = ("--kind", "oem", "--algorithm", algorithm, "--redirect-url", "https://acme.example/linked")
    printed = run("create_partner", f"Printed {algorithm}", *words)
    assert set(printed) == {"partnerId", "clientId", "clientSecret", "keyId", "algorithm", secret}
    assert printed["algorithm"] == algorithm
