"""The signature profile of §2: every mutation of a covered component, digest, key, algorithm or time is refused."""

import base64
import time
import uuid
from collections.abc import Callable

import pytest

from .client import Answer, Client, send
from .conftest import run
from .payloads import enrollment
from .signing import Key, Request, content_digest, required_components, sign, signature_base, signature_params

PATH = "/v1/enrollments"


def draft(oem: Client, **how: str) -> Request:
    return oem.draft("POST", PATH, enrollment(), **how)


def refused(answer: Answer, code: str) -> None:
    assert (answer.status, answer.code) == (401, code)


# -- what is taken -----------------------------------------------------------------------------------------------


def test_reading_needs_no_signature(oem: Client) -> None:
    request = oem.draft("GET", PATH)
    assert not request.header("Signature")
    assert send(request).check().status == 200


@pytest.mark.parametrize("label", ["sig1", "x", "partner-signature", "*a.b_c"])
def test_any_label_is_taken(oem: Client, label: str) -> None:
    assert oem.sign_and_send(draft(oem), label=label).status == 201


def test_more_than_the_required_components_may_be_covered(oem: Client) -> None:
    request = draft(oem)
    components = (*required_components(request), "content-type", "@target-uri", "authorization")
    assert oem.sign_and_send(request, components=components).status == 201


def test_components_may_come_in_any_order(oem: Client) -> None:
    request = draft(oem)
    assert oem.sign_and_send(request, components=required_components(request)[::-1]).status == 201


def test_the_algorithm_may_be_named_where_it_is_the_keys(oem: Client) -> None:
    assert oem.sign_and_send(draft(oem), alg=oem.key.algorithm).status == 201


def test_other_parameters_are_taken(oem: Client) -> None:
    assert oem.sign_and_send(draft(oem), nonce="n-1", tag="acme").status == 201


def test_a_sha_512_digest_is_taken(oem: Client) -> None:
    request = draft(oem)
    assert oem.sign_and_send(request.put("Content-Digest", content_digest(request.body, "sha-512"))).status == 201


@pytest.mark.parametrize("age", [290, 0, -20])
def test_a_signature_within_its_time_is_taken(oem: Client, age: int) -> None:
    body = enrollment(consent={"optedIn": False})
    assert oem.sign_and_send(oem.draft("POST", PATH, body), created=int(time.time()) - age).status == 201


# -- mutations ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("component", ["@method", "@authority", "@path", "content-digest", "idempotency-key"])
def test_a_component_left_out_is_refused(oem: Client, component: str) -> None:
    request = draft(oem)
    covered = tuple(name for name in required_components(request) if name != component)
    refused(oem.sign_and_send(request, components=covered), "signature_invalid")


def test_the_query_must_be_covered_where_there_is_one(oem: Client) -> None:
    request = draft(oem, query="a=b")
    covered = tuple(name for name in required_components(request) if name != "@query")
    refused(oem.sign_and_send(request, components=covered), "signature_invalid")


def _other_method(request: Request) -> None:
    request.method = "PATCH"


def _other_authority(request: Request) -> None:
    request.authority = "portal.example"


def _other_path(request: Request) -> None:
    request.path = "/v1/eligibility"


def _other_query(request: Request) -> None:
    request.query = "a=c"


def _other_key(request: Request) -> None:
    request.put("Idempotency-Key", str(uuid.uuid4()))


def _other_digest(request: Request) -> None:
    request.put("Content-Digest", content_digest(b"{}"))


@pytest.mark.parametrize(
    "mutate", [_other_method, _other_authority, _other_path, _other_query, _other_key, _other_digest]
)
def test_a_signature_made_over_something_else_is_refused(oem: Client, mutate: Callable[[Request], None]) -> None:
    meant = draft(oem, query="a=b")
    signed = Request(meant.method, meant.authority, meant.path, meant.query, list(meant.headers), meant.body)
    mutate(signed)
    sign(signed, oem.key, components=required_components(meant))
    meant.put("Signature", signed.header("Signature")).put("Signature-Input", signed.header("Signature-Input"))
    refused(send(meant).check(), "signature_invalid")


@pytest.mark.parametrize("parameter", ["created", "keyid"])
def test_a_required_parameter_left_out_is_refused(oem: Client, parameter: str) -> None:
    request = draft(oem)
    said = {"created": int(time.time()), "keyid": oem.key.keyid}
    params = signature_params(required_components(request), **{n: v for n, v in said.items() if n != parameter})
    made = base64.b64encode(oem.key.sign(signature_base(request, required_components(request), params))).decode()
    request.put("Signature-Input", f"sig1={params}").put("Signature", f"sig1=:{made}:")
    refused(send(request).check(), "signature_invalid")


@pytest.mark.parametrize("algorithm", ["ecdsa-p256-sha256", "hmac-sha256", "rsa-pss-sha512", "none", ""])
def test_another_algorithm_than_the_keys_is_refused(oem: Client, algorithm: str) -> None:
    refused(oem.sign_and_send(draft(oem), alg=algorithm), "signature_invalid")


def test_hmac_with_the_public_key_as_secret_is_refused(oem: Client) -> None:
    confused = Key(oem.key.keyid, "hmac-sha256", oem.key.secret.public_key().public_bytes_raw())
    refused(send(sign(draft(oem), confused)).check(), "signature_invalid")


@pytest.mark.parametrize("age", [310, 3600, 10**9, -60, -3600, -(10**9), -(10**14)])
def test_a_signature_out_of_its_time_is_stale(oem: Client, age: int) -> None:
    refused(oem.sign_and_send(draft(oem), created=int(time.time()) - age), "signature_stale")


def test_a_signature_that_says_it_has_expired_is_refused(oem: Client) -> None:
    answer = oem.sign_and_send(draft(oem), expires=int(time.time()) - 10)
    assert answer.status == 401
    assert answer.code in {"signature_stale", "signature_invalid"}


def test_a_time_changed_after_signing_is_refused(oem: Client) -> None:
    now = int(time.time())
    request = sign(draft(oem), oem.key, created=now - 100)
    request.put("Signature-Input", request.header("Signature-Input").replace(str(now - 100), str(now)))
    refused(send(request).check(), "signature_invalid")


def test_another_live_key_named_after_signing_is_refused(new_partner: Callable[..., Client]) -> None:
    oem = new_partner()
    second = Key.from_printed(run("rotate_partner_key", oem.name))
    request = sign(draft(oem), oem.key)
    request.put("Signature-Input", request.header("Signature-Input").replace(oem.key.keyid, second.keyid))
    refused(send(request).check(), "signature_invalid")


def test_a_flipped_bit_is_refused(oem: Client) -> None:
    request = sign(draft(oem), oem.key)
    made = bytearray(base64.b64decode(request.header("Signature")[6:-1]))
    made[10] ^= 1
    request.put("Signature", f"sig1=:{base64.b64encode(made).decode()}:")
    refused(send(request).check(), "signature_invalid")


def test_ecdsa_in_der_is_refused(new_partner: Callable[..., Client]) -> None:
    oem = new_partner("--algorithm", "ecdsa-p256-sha256")
    request = draft(oem)
    params = signature_params(required_components(request), created=int(time.time()), keyid=oem.key.keyid)
    made = base64.b64encode(oem.key.sign_der(signature_base(request, required_components(request), params))).decode()
    request.put("Signature-Input", f"sig1={params}").put("Signature", f"sig1=:{made}:")
    refused(send(request).check(), "signature_invalid")


# -- form --------------------------------------------------------------------------------------------------------


def test_none_at_all_is_missing(oem: Client) -> None:
    refused(send(draft(oem)).check(), "signature_missing")


def test_two_signatures_are_refused(oem: Client) -> None:
    first, second = sign(draft(oem), oem.key), draft(oem)
    second.headers, second.body = list(first.headers), first.body
    sign(second, oem.key, label="sig2")
    for name in ("Signature", "Signature-Input"):
        first.put(name, f"{first.header(name)}, {second.header(name)}")
    refused(send(first).check(), "signature_invalid")


def test_a_second_signature_without_its_input_is_refused(oem: Client) -> None:
    request = sign(draft(oem), oem.key)
    refused(send(request.put("Signature", f"{request.header('Signature')}, sig2=:AAAA:")).check(), "signature_invalid")


@pytest.mark.parametrize("name", ["Signature", "Signature-Input"])
def test_half_of_a_signature_is_refused(oem: Client, name: str) -> None:
    answer = send(sign(draft(oem), oem.key).drop(name)).check()
    assert answer.status == 401
    assert answer.code in {"signature_missing", "signature_invalid"}


UNPARSABLE = [
    ("Signature", "sig1"),
    ("Signature", "sig1=abc"),
    ("Signature", "sig1=:not base64!:"),
    ("Signature", "sig1=::"),
    ("Signature", "other=:AAAA:"),
    ("Signature", "caf\xe9"),
    ("Signature-Input", "sig1"),
    ("Signature-Input", "sig1=("),
    ("Signature-Input", "sig1=7"),
    ("Signature-Input", 'sig1=("@method" "@method");created=1;keyid="k"'),
    ("Signature-Input", "sig1=(@method);created=1"),
    ("Signature-Input", 'sig1=("@method");created="now";keyid="k"'),
    ("Signature-Input", 'sig1=("@method");created=1;keyid=7'),
    ("Signature-Input", 'sig1=("@unknown");created=1;keyid="k"'),
    ("Signature-Input", "((((" * 500),
]


@pytest.mark.parametrize(("name", "value"), UNPARSABLE)
def test_what_cannot_be_read_is_refused(oem: Client, name: str, value: str) -> None:
    refused(send(sign(draft(oem), oem.key).put(name, value)).check(), "signature_invalid")


@pytest.mark.parametrize("name", ["x-not-there", "@status", "@query-param", "content-digest"])
def test_a_component_that_the_request_does_not_have_once_is_refused(oem: Client, name: str) -> None:
    request = draft(oem)
    components = (*required_components(request), name)
    params = signature_params(components, created=int(time.time()), keyid=oem.key.keyid)
    made = base64.b64encode(oem.key.sign(signature_base(request, required_components(request), params))).decode()
    request.put("Signature-Input", f"sig1={params}").put("Signature", f"sig1=:{made}:")
    refused(send(request).check(), "signature_invalid")
