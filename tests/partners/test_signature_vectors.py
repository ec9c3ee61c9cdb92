"""The published vectors of RFC 9421, through our own code."""

import base64
import json
from pathlib import Path

import pytest

from partners import signatures
from partners.algorithms import ECDSA_P256, ED25519, HMAC_SHA256
from partners.digests import check_content_digest
from partners.signatures import Message
from texture_portal.refusals import Refusal

FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "signatures" / "rfc9421_vectors.json"
pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def published():
    if not FILE.exists():
        pytest.skip(f"the RFC 9421 vectors are not at {FILE}")
    return json.loads(FILE.read_text())


def message_of(published, vector):
    if vector["message"] == "request":
        request = published["request"]
        target = request["path"] + request["query"]
        return signatures.request_message(
            method=request["method"],
            scheme="https",
            authority=request["authority"],
            target=target,
            headers=request["headers"].items(),
        )
    headers = dict(published["response"]["headers"])
    if vector["message"] == "response_pyauth":
        headers |= published["response_pyauth_header_override"]
    return Message({"@status": str(published["response"]["status"])}, signatures.combined(headers.items()))


def claim_of(vector):
    headers = {"signature-input": vector["signature_input"], "signature": vector["signature"]}
    return signatures.read(headers, required=())


def material_of(published, vector):
    if vector["alg"] == HMAC_SHA256:
        return base64.b64decode(published["test_shared_secret_base64"])
    return published["public_keys"][vector["keyid"]]


def ours(published):
    return [vector for vector in published["vectors"] if vector["alg"] in (ED25519, ECDSA_P256, HMAC_SHA256)]


def test_every_vector_has_the_published_signature_base(published):
    for vector in published["vectors"]:
        base = signatures.signature_base(claim_of(vector), message_of(published, vector))
        assert base.decode() == vector["signature_base"], vector["id"]


def test_every_vector_of_our_algorithms_verifies(published):
    vectors = ours(published)
    assert {vector["alg"] for vector in vectors} == {ED25519, ECDSA_P256, HMAC_SHA256}
    for vector in vectors:
        verified = signatures.verify(
            claim_of(vector),
            message_of(published, vector),
            algorithm=vector["alg"],
            material=material_of(published, vector),
        )
        assert verified.key_id == vector["keyid"], vector["id"]


def test_a_vector_with_one_bit_of_its_signature_changed_is_refused(published):
    for vector in ours(published):
        label, value = vector["signature"].split("=", 1)
        raw = bytearray(base64.b64decode(value.strip(":")))
        raw[-1] ^= 1
        changed = vector | {"signature": f"{label}=:{base64.b64encode(raw).decode()}:"}
        with pytest.raises(Refusal) as refused:
            signatures.verify(
                claim_of(changed),
                message_of(published, vector),
                algorithm=vector["alg"],
                material=material_of(published, vector),
            )
        assert refused.value.code == "signature_invalid", vector["id"]


def test_the_published_request_digest_matches_its_body(published):
    request = published["request"]
    check_content_digest(request["headers"]["Content-Digest"], request["body"].encode())
    with pytest.raises(Refusal) as refused:
        check_content_digest(request["headers"]["Content-Digest"], request["body"].encode() + b" ")
    assert refused.value.code == "digest_mismatch"
