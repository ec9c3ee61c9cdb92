"""Whatever is changed after signing is found, and each change has its own code (contract §2.2, §7)."""

import base64
import json
import time
from datetime import timedelta
from uuid import uuid4

import pytest

from partners.models import Customer, SigningKey
from partners.onboarding import add_signing_key
from texture_portal import clock

pytestmark = [pytest.mark.django_db, pytest.mark.urls("door_views")]
TARGET = "/v1/notes?about=a&about=b"
BODY = json.dumps({"referenceId": "cust-81"}).encode()


def altered(headers, **changes):
    """The signed headers with some of them changed; underscores stand for hyphens."""
    return headers | {name.replace("_", "-"): change for name, change in changes.items()}


@pytest.fixture
def send(acme, problem):
    """Sends what was signed for TARGET and BODY, with changes made after signing; returns the code."""

    def deliver(*, method="POST", target=TARGET, body=BODY, host="testserver", change=None, **options):
        signed = acme.signed_headers("POST", TARGET, BODY, key="key-1", **options)
        headers = {"Authorization": f"Bearer {acme.token}", "Host": host} | (change(signed) if change else signed)
        answer = acme.http.generic(
            method,
            target,
            body,
            content_type="application/json",
            headers={name: value for name, value in headers.items() if value is not None},
        )
        return "taken" if answer.status_code == 201 else problem(answer)["code"]

    return deliver


def test_what_was_signed_is_taken(send):
    assert send() == "taken"


def test_any_label_and_parameters_beside_the_required_ones_are_taken(send):
    parameters = f';alg="ed25519";nonce="n-1";tag="t";expires={int(time.time()) + 60}'
    assert send(label="my-label", parameters=parameters) == "taken"


def test_covering_more_than_is_required_is_taken(send):
    covered = ["content-type", "@query", "@path", "content-digest", "@authority", "idempotency-key", "@method"]
    assert send(covered=covered) == "taken"


@pytest.mark.parametrize(
    "mutation",
    [
        {"target": "/v1/anytime?about=a&about=b"},
        {"target": "/v1/notes?about=b&about=a"},
        {"target": "/v1/notes?about=a&about=b&more=1"},
        {"target": "/v1/notes?"},
        {"host": "localhost"},
        {"change": lambda signed: altered(signed, Idempotency_Key="key-2")},
    ],
    ids=["path", "query", "longer query", "emptied query", "authority", "idempotency-key"],
)
def test_a_covered_component_that_was_changed(send, mutation):
    assert send(**mutation) == "signature_invalid"
    assert not Customer.objects.exists()


def test_a_changed_method(acme, problem):
    path = f"/v1/notes/{uuid4()}"
    answer = acme.send("DELETE", path, headers=acme.signed_headers("POST", path, b"", key=None))
    assert problem(answer)["code"] == "signature_invalid"


def test_a_changed_body_and_a_changed_digest(send, acme):
    assert send(body=BODY + b" ") == "digest_mismatch"
    other = acme.signed_headers("POST", TARGET, BODY + b" ", key="key-1")["Content-Digest"]
    assert send(body=BODY + b" ", change=lambda signed: altered(signed, Content_Digest=other)) == "signature_invalid"
    assert send(change=lambda signed: altered(signed, Content_Digest=other)) == "digest_mismatch"


@pytest.mark.parametrize("left_out", ["@method", "@authority", "@path", "content-digest", "idempotency-key", "@query"])
def test_a_component_that_is_not_covered(send, left_out):
    covered = ["@method", "@authority", "@path", "content-digest", "idempotency-key", "@query"]
    covered.remove(left_out)
    assert send(covered=covered) == "signature_invalid"


def test_another_algorithm_than_the_keys(send):
    assert send(parameters=';alg="ed25519"') == "taken"
    assert send(parameters=';alg="hmac-sha256"') == "signature_invalid"
    assert send(parameters=";alg=ed25519") == "signature_invalid"


def test_times(send):
    now = int(time.time())
    assert send(created=now - 310) == "signature_stale"
    assert send(created=now + 40) == "signature_stale"
    assert send(created=-1) == "signature_stale"
    assert send(created=999_999_999_999_999) == "signature_stale"
    assert send(parameters=f";expires={now - 5}") == "signature_stale"
    assert send(created=f"{now}.5") == "signature_invalid"
    assert send(created="@" + str(now)) == "signature_invalid"
    later = lambda signed: altered(  # noqa: E731
        signed, Signature_Input=signed["Signature-Input"].replace(f"created={now}", f"created={now + 1}")
    )
    assert send(created=now, change=later) == "signature_invalid"


@pytest.mark.parametrize("header", ["Signature", "Signature-Input"])
def test_no_signature(send, header):
    assert send(change=lambda signed: altered(signed, **{header: None})) == "signature_missing"


@pytest.mark.parametrize(
    "change",
    [
        lambda signed: altered(signed, Signature="sig1=:AAAA:"),
        lambda signed: altered(signed, Signature="sig1=abc"),
        lambda signed: altered(signed, Signature="sig1"),
        lambda signed: altered(signed, Signature=""),
        lambda signed: altered(signed, Signature="é"),
        lambda signed: altered(signed, Signature=signed["Signature"].replace("sig1", "sig2")),
        lambda signed: altered(signed, Signature=signed["Signature"] + ", " + signed["Signature"]),
        lambda signed: altered(signed, Signature=signed["Signature"] + ", sig2=:AAAA:"),
        lambda signed: altered(signed, Signature_Input=signed["Signature-Input"] + ", sig2=()"),
        lambda signed: altered(signed, Signature_Input="sig1=1"),
        lambda signed: altered(signed, Signature_Input="(("),
        lambda signed: altered(signed, Signature_Input=signed["Signature-Input"].replace(";created=", ";creation=")),
        lambda signed: altered(signed, Signature_Input=signed["Signature-Input"].replace(";keyid=", ";key=")),
        lambda signed: altered(signed, Signature_Input=signed["Signature-Input"].replace('"@path"', '"@path" "@path"')),
        lambda signed: altered(signed, Signature_Input=signed["Signature-Input"].replace('"@path"', '"@path" "x-no"')),
        lambda signed: altered(signed, Signature_Input=signed["Signature-Input"].replace('"@path"', '"@path";req')),
        lambda signed: altered(signed, Signature_Input=signed["Signature-Input"].replace('"@path"', '"@path" "@X"')),
        lambda signed: altered(signed, Signature_Input=signed["Signature-Input"].replace('"@path"', '"@path" 7')),
        lambda signed: altered(
            signed, Signature_Input=signed["Signature-Input"].replace('"@path"', '"@path" "@query-param";name="x"')
        ),
    ],
)
def test_signatures_that_cannot_be_parsed_or_are_several(send, change):
    assert send(change=change) == "signature_invalid"


def test_every_bit_of_the_signature_counts(send):
    def flipped(position):
        def change(signed):
            raw = bytearray(base64.b64decode(signed["Signature"].split(":")[1]))
            raw[position] ^= 0x10
            return altered(signed, Signature=f"sig1=:{base64.b64encode(raw).decode()}:")

        return change

    assert {send(change=flipped(position)) for position in range(0, 64, 7)} == {"signature_invalid"}


@pytest.mark.parametrize("algorithm", ["ed25519", "ecdsa-p256-sha256", "hmac-sha256"])
def test_a_signature_by_another_key_of_the_same_partner(onboard, signing_client, problem, algorithm):
    client = signing_client(onboard(algorithm=algorithm))
    other = add_signing_key(client.partner, now=clock.now(), algorithm=algorithm)
    answer = client.post("/v1/notes", {"referenceId": "x"}, key_id=str(other.key.id))
    assert problem(answer)["code"] == "signature_invalid"


def test_keys_that_are_not_the_partners_active_ones(acme, onboard, problem):
    def code(key_id=None):
        return problem(acme.post("/v1/notes", {"referenceId": "x"}, key_id=key_id))["code"]

    strangers = onboard("Another OEM").key.key
    earlier, later = clock.now() - timedelta(minutes=1), clock.now() + timedelta(minutes=1)
    assert code(str(uuid4())) == "key_unknown"
    assert code("no uuid") == "key_unknown"
    assert code(str(strangers.id)) == "key_unknown"
    own = SigningKey.objects.filter(partner=acme.partner)
    for change in ({"expires_at": earlier}, {"revoked_at": earlier}, {"not_before": later}):
        own.update(**change)
        assert code() == "key_unknown", change
        own.update(expires_at=None, revoked_at=None, not_before=earlier)
    assert acme.post("/v1/notes", {"referenceId": "x"}).status_code == 201
