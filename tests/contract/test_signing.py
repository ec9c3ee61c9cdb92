"""The client's own signing code against RFC 9421's published vectors: a client that signs wrongly proves nothing."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from .signing import Key, Request, component_value, content_digest, sign, signature_base

VECTORS = Path(__file__).parents[3] / "shared" / "data" / "signatures" / "rfc9421_vectors.json"


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    if not VECTORS.exists():
        pytest.skip(f"{VECTORS.name} is not beside the repository")
    return dict(json.loads(VECTORS.read_text()))


def _request(published: dict[str, Any]) -> Request:
    said = published["request"]
    headers = list(said["headers"].items())
    return Request(said["method"], said["authority"], said["path"], said["query"][1:], headers, said["body"].encode())


def _vector(published: dict[str, Any], number: str) -> tuple[dict[str, str], tuple[str, ...], str, bytes]:
    vector = next(vector for vector in published["vectors"] if vector["id"] == f"RFC9421 {number}")
    params = vector["signature_input"].split("=", 1)[1]
    components = tuple(name.strip('"') for name in params[1 : params.index(")")].split())
    signature = base64.b64decode(vector["signature"].split("=", 1)[1].strip(":"))
    return vector, components, params, signature


@pytest.mark.real_data
@pytest.mark.parametrize("number", ["B.2.1", "B.2.2", "B.2.3", "B.2.5", "B.2.6", "4.3-sig1"])
def test_the_signature_base_is_the_published_one(published: dict[str, Any], number: str) -> None:
    vector, components, params, _ = _vector(published, number)
    assert signature_base(_request(published), components, params).decode() == vector["signature_base"]


@pytest.mark.real_data
def test_an_ed25519_signature_is_the_published_one(published: dict[str, Any]) -> None:
    _, components, params, signature = _vector(published, "B.2.6")
    pem = published["ed25519_private_test_key_pem"]
    key = Key.from_printed({"keyId": "k", "algorithm": "ed25519", "privateKeyPem": pem})
    assert key.sign(signature_base(_request(published), components, params)) == signature


@pytest.mark.real_data
def test_an_hmac_signature_is_the_published_one(published: dict[str, Any]) -> None:
    _, components, params, signature = _vector(published, "B.2.5")
    secret = published["test_shared_secret_base64"]
    key = Key.from_printed({"keyId": "k", "algorithm": "hmac-sha256", "secretBase64": secret})
    assert key.sign(signature_base(_request(published), components, params)) == signature


@pytest.mark.real_data
def test_the_published_ecdsa_signature_has_r_and_s_side_by_side(published: dict[str, Any]) -> None:
    _, components, params, signature = _vector(published, "4.3-sig1")
    public = load_pem_public_key(published["public_keys"]["test-key-ecc-p256"].encode())
    der = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    public.verify(der, signature_base(_request(published), components, params), ec.ECDSA(hashes.SHA256()))


def test_an_ecdsa_signature_verifies() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    made = Key("k", "ecdsa-p256-sha256", private).sign(b"message")
    der = encode_dss_signature(int.from_bytes(made[:32], "big"), int.from_bytes(made[32:], "big"))
    private.public_key().verify(der, b"message", ec.ECDSA(hashes.SHA256()))


@pytest.mark.real_data
def test_the_digest_is_the_published_one(published: dict[str, Any]) -> None:
    request = _request(published)
    assert content_digest(request.body, "sha-512") == request.header("content-digest")


def test_signing_covers_the_query_only_where_there_is_one() -> None:
    key = Key("k", "hmac-sha256", b"secret")
    plain = sign(Request("POST", "host:1", "/v1/x"), key, created=7)
    asked = sign(Request("POST", "host:1", "/v1/x", "a=b"), key, created=7)
    covered = '"@method" "@authority" "@path" "content-digest" "idempotency-key"'
    assert plain.header("signature-input") == f'sig1=({covered});created=7;keyid="k"'
    assert asked.header("signature-input") == f'sig1=({covered} "@query");created=7;keyid="k"'
    assert component_value(asked, "@query") == "?a=b"
