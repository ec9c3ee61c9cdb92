"""The signed request as evidence: sealed, and verified again from what is kept alone (§11.5)."""

import json

import pytest
from django.db import DatabaseError, connection, transaction

from partners import evidence
from partners.evidence import EvidenceBrokenError
from partners.models import Customer, SignedRequest, SigningKey
from partners.models.customer import CustomerErasedError
from texture_portal import clock
from texture_portal.vault import SealBrokenError

pytestmark = [pytest.mark.django_db, pytest.mark.urls("door_views")]


@pytest.fixture
def keep(onboard, signing_client):
    """Posts a signed note and returns the evidence of it."""

    def post(*, algorithm="ed25519", body=None, **options):
        client = signing_client(onboard(f"OEM by {algorithm}", algorithm=algorithm))
        target = "/v1/evidence" + ("?item=own" if body else "")
        answer = client.post(target, {"referenceId": "cust-81"}, **options)
        assert answer.status_code == 201, answer.content
        return SignedRequest.objects.get(id=answer.json()["id"])

    return post


def forge(kept, **columns):
    """Changes a row as only a superuser can who sets the triggers aside."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        SignedRequest.objects.filter(id=kept.id).update(**columns)
        cursor.execute("SET session_replication_role = DEFAULT")
    return SignedRequest.objects.get(id=kept.id)


@pytest.mark.parametrize("algorithm", ["ed25519", "ecdsa-p256-sha256"])
def test_a_signature_verifies_again_after_the_key_is_revoked(keep, algorithm):
    kept = keep(algorithm=algorithm)
    SigningKey.objects.update(revoked_at=clock.now(), public_key_pem="gone")
    assert evidence.reverify(kept) == "signature"
    opened = evidence.opened(kept)
    assert (opened["method"], opened["target"], opened["authority"]) == ("POST", "/v1/evidence", "testserver")
    assert json.loads(opened["body"]) == {"referenceId": "cust-81"}
    assert {"signature", "signature-input", "content-digest", "idempotency-key"} <= opened["headers"].keys()
    assert "authorization" not in opened["headers"]


def test_headers_beyond_the_required_that_the_signature_covers_are_kept(keep):
    covered = ["@method", "@authority", "@path", "content-digest", "idempotency-key", "content-type"]
    kept = keep(covered=covered)
    assert kept.covered == covered
    assert evidence.reverify(kept) == "signature"


def test_a_shared_secret_never_leaves_and_proves_at_receipt_only(keep):
    kept = keep(algorithm="hmac-sha256")
    assert (kept.proof, kept.public_key_pem) == ("receipt", "")
    assert evidence.reverify(kept) == "receipt"
    assert SigningKey.objects.get().secret() not in bytes(evidence.opened(kept)["body"])


def test_a_part_of_a_batch_is_kept_alone_and_proves_at_receipt_only(keep):
    kept = keep(body=True)
    assert evidence.opened(kept)["body"] == b"own part"
    assert evidence.reverify(kept) == "receipt"


def test_what_is_sealed_cannot_be_read_in_the_row(keep):
    assert b"cust-81" not in bytes(keep().sealed_message)


def test_tampering_is_found(keep):
    kept = keep()
    with pytest.raises(EvidenceBrokenError):
        evidence.reverify(forge(kept, digest=b"\x00" * 32))


def test_another_sealed_message_with_its_own_digest_is_found(keep):
    kept = keep()
    opened = evidence.opened(kept)
    message = opened | {"target": "/v1/elsewhere", "body": "e30="}
    sealed = kept.customer.seal(json.dumps(message).encode(), place=f"signed-request:{kept.id}")
    kept.sealed_message = sealed
    with pytest.raises(EvidenceBrokenError):
        evidence.reverify(forge(kept, sealed_message=sealed, digest=kept.compute_digest()))


def test_evidence_moved_to_another_row_does_not_open(keep):
    kept, other = keep(), keep(algorithm="ecdsa-p256-sha256")
    kept.sealed_message = bytes(other.sealed_message)
    moved = forge(kept, sealed_message=kept.sealed_message, digest=kept.compute_digest())
    with pytest.raises(SealBrokenError):
        evidence.reverify(moved)


def test_an_erased_customer_takes_the_message_along(keep):
    kept = keep()
    kept.customer.erase(now=clock.now())
    kept.customer.save()
    with pytest.raises(CustomerErasedError):
        evidence.opened(SignedRequest.objects.get(id=kept.id))


@pytest.mark.parametrize("statement", ["UPDATE {} SET proof = 'receipt'", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_raw_sql_cannot_touch_evidence(keep, statement):
    keep()
    refused = pytest.raises(DatabaseError, match=r"append-only|Cannot update or delete")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what is pending would refuse TRUNCATE by itself
        cursor.execute(statement.format(SignedRequest._meta.db_table))
    assert SignedRequest.objects.count() == 1


def test_an_unsigned_call_is_no_evidence(acme):
    answer = acme.get("/v1/evidence")
    assert answer.status_code == 500
    assert not SignedRequest.objects.exists()
    assert not Customer.objects.exists()
