"""A bundle proves itself to a script that knows nothing of the portal; whatever is changed in it is named (§11.5)."""

import base64
import hashlib
import importlib
import json
import random
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from enrollments.models import Enrollment, EvidenceAccess
from partners.models import Customer
from tests.contract.payloads import ago, consent, enrollment
from tests.evidence.conftest import VERIFIER, exported, kept_checkpoints, sign_checkpoint
from texture_portal import clock, notary
from texture_portal.fingerprints import written

FLIPS = 400


@pytest.fixture(scope="module")
def script():
    """The same script in this process: for more mutations than there is time to start processes."""
    sys.path.insert(0, str(VERIFIER))
    try:
        yield importlib.import_module("bundle")
    finally:
        sys.path.remove(str(VERIFIER))
        for part in VERIFIER.glob("*.py"):
            if part.stem != "__main__":
                sys.modules.pop(part.stem, None)


def as_file(document):
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


def resealed(document, key):
    """By somebody who has everything but the portal's key."""
    digests = {name: hashlib.sha256(written(part)).hexdigest() for name, part in document["sections"].items()}
    signed = written({"format": document["format"], "sections": digests})
    document["seal"] = {
        "sections": digests,
        "publicKey": key.public_key().public_bytes_raw().hex(),
        "signature": key.sign(signed).hex(),
    }
    return as_file(document)


def test_a_real_bundle_verifies_on_another_machine(told, verify, portal_key):
    verdict = verify(told, key=portal_key, kept=kept_checkpoints())
    assert verdict.status == 0, verdict.faults
    said = "\n".join(verdict.lines)
    assert "the partner's signature verifies by key" in said
    assert "entries 1 to" in said
    assert "is newer than the newest checkpoint" in said or "are newer than the newest checkpoint" in said
    assert verdict.lines[-1] == "Nothing was changed."


def test_without_the_portals_key_it_says_so(told, verify):
    verdict = verify(told)
    assert verdict.status == 0
    assert any(line.startswith("note") and "no --key" in line for line in verdict.lines)


def test_it_holds_who_moved_it_why_and_what_the_partner_signed(told, story):
    parts = json.loads(told)["sections"]
    said = {each["words"]["opened"]: each for each in parts["states"]}
    assert said["She asked by phone."]["actorName"] == "vera"
    assert said["She asked by phone."]["why"] == "consent_revoked"
    assert [each["termsVersion"] for each in parts["consents"]] == ["2026-01", "2026-01", "2026-02"]
    assert parts["consents"][0]["evidence"]["opened"]["ipAddress"] == "203.0.113.7"
    assert {each["verdict"] for each in parts["requests"]} == {"signature"}
    body = json.loads(base64.b64decode(parts["requests"][0]["message"]["body"]))
    assert body["consent"]["termsVersion"] == "2026-01"
    assert parts["findings"] == []
    assert story["partner"].client_secret not in told.decode()


@pytest.mark.parametrize(
    ("options", "proof"), [((), "signature"), (("--algorithm", "ecdsa-p256-sha256"), "signature"),
                           (("--algorithm", "hmac-sha256"), "receipt")],
)  # fmt: skip
def test_every_algorithm_gives_a_bundle_that_says_what_it_proves(new_partner, verify, portal_key, options, proof):
    made = exported(new_partner(*options).enrolled(enrollment())["id"])
    assert [each["columns"]["proof"] for each in made.document["sections"]["requests"]] == [proof]
    verdict = verify(made.as_file(), key=portal_key)
    assert verdict.status == 0, verdict.faults


def test_an_item_of_a_batch_and_an_enrollment_without_consent_verify(new_partner, verify, portal_key):
    partner = new_partner()
    items = [{"requestId": "r-1", **enrollment()}, {"requestId": "r-2", **enrollment(consent={"optedIn": False})}]
    results = partner.post("/v1/enrollments/batch", {"enrollments": items}).json["results"]
    for result in results:
        made = exported(result["enrollment"]["id"])
        verdict = verify(made.as_file(), key=portal_key)
        assert verdict.status == 0, verdict.faults
        assert len(made.document["sections"]["requests"]) == 1


def test_an_erased_customers_bundle_shows_nothing_and_verifies(new_partner, verify, portal_key):
    made = new_partner().enrolled(enrollment())
    customer = Customer.objects.get(enrollments=made["id"])
    customer.erase(now=clock.now())
    customer.save()
    content = exported(made["id"]).as_file()
    assert b"203.0.113.7" not in content
    verdict = verify(content, key=portal_key)
    assert verdict.status == 0, verdict.faults


def sections_changed():
    """One change in each place that matters, and what the script must name."""
    return {
        "column of an entry": (("chain", 1, "columns", "terms_version"), "2019-01", "entry 2"),
        "who acted": (("chain", 0, "columns", "actor_name"), "somebody else", "entry 1"),
        "digest of an entry": (("chain", 2, "digest"), "00" * 32, "entry 3"),
        "scope in words": (("consents", 0, "programTypes"), ["capacity"], "consent at entry 2"),
        "evidence": (("consents", 0, "evidence", "opened", "ipAddress"), "198.51.100.1", "consent at entry 2"),
        "state in words": (("states", 1, "to"), "active", "states"),
        "body of a request": (("requests", 0, "message", "body"), "e30=", "request"),
        "target of a request": (("requests", 0, "message", "target"), "/v1/elsewhere", "request"),
        "key of a request": (("requests", 0, "columns", "signing_key_id"), "0" * 36, "request"),
        "what it proves": (("requests", 0, "columns", "proof"), "receipt", "request"),
        "head in a checkpoint": (("checkpoints", 0, "leaf", "head"), "00" * 32, "checkpoint"),
        "time of a checkpoint": (("checkpoints", 0, "statement", "at"), "2020-01-01T00:00:00+00:00", "checkpoint"),
        "path of a checkpoint": (("checkpoints", 0, "path"), [], "checkpoint"),
        "customer": (("about", "customer", "referenceId"), "cust-other", "section about"),
    }


@pytest.mark.parametrize("what", sections_changed())
def test_whatever_is_changed_is_found_and_named(told, verify, what):
    (*way, last), value, named = sections_changed()[what]
    document = json.loads(told)
    at = document["sections"]
    for step in way:
        at = at[step]
    assert at[last] != value
    at[last] = value
    verdict = verify(as_file(document))
    assert verdict.status == 1
    assert any(named in fault for fault in verdict.faults), verdict.faults
    assert any(f"section {(*way, last)[0]}" in fault for fault in verdict.faults)


def test_one_byte_changed_anywhere_is_found(told, script):
    """Four hundred places, drawn by a fixed seed; the section in which it stands is named, or the file as a whole."""
    assert script.verify(told, script.Trust()).is_clean
    drawn = random.Random(11_5)
    for _ in range(FLIPS):
        place, change = drawn.randrange(len(told)), drawn.randrange(1, 256)
        changed = told[:place] + bytes([told[place] ^ change]) + told[place + 1 :]
        report = script.verify(changed, script.Trust())
        assert not report.is_clean, f"byte {place}: {told[place - 40 : place + 40]!r}"
        assert all(kind in ("ok", "note", "FAULT") for kind, _ in report.lines)


def test_a_chain_forged_whole_and_sealed_anew_does_not_pass_the_checkpoint(told, verify, portal_key):
    """The forger recomputes every digest and signs with a key of its own."""
    document = json.loads(told)
    parts, before = document["sections"], None
    for entry in parts["chain"]:
        if entry["columns"]["sequence"] == 1:
            entry["columns"]["history_change_reason"] = "forged"
        elif before:
            entry["columns"]["previous_digest"] = before
        before = entry["digest"] = hashlib.sha256(written(entry["columns"])).hexdigest()
    parts["about"]["chainHead"] = before
    parts["states"][0]["why"] = "forged"
    forged = resealed(document, Ed25519PrivateKey.generate())
    by_its_own_key = verify(forged)
    assert by_its_own_key.status == 1
    assert all("checkpoint" in fault for fault in by_its_own_key.faults), by_its_own_key.faults
    assert any("seal: it is signed by" in fault for fault in verify(forged, key=portal_key).faults)


def test_the_proof_of_another_enrollment_is_none(told, story, verify):
    """Sealed anew by somebody who has no key of the portal, with a checkpoint that is whole, but of another."""
    document = json.loads(told)
    other = exported(story["others"][0]).document["sections"]["checkpoints"][0]
    document["sections"]["checkpoints"] = [other]
    verdict = verify(resealed(document, Ed25519PrivateKey.generate()), kept=kept_checkpoints())
    assert verdict.status == 1
    assert [fault for fault in verdict.faults if "its leaf is of another enrollment" in fault] == verdict.faults


def test_bundles_hold_after_the_portal_changed_its_key(story, told, verify, settings, portal_key):
    """The seal is by the new key, the checkpoints are by the old one: both are the portal's."""
    settings.CHECKPOINT_KEYS = ["a new secret", *settings.CHECKPOINT_KEYS]
    content, kept = exported(story["id"]).as_file(), kept_checkpoints()
    verdict = verify(content, key=notary.public_keys_pem(), kept=kept)
    assert (verdict.status, verdict.faults) == (0, [])
    assert verify(told, key=notary.public_keys_pem()).status == 0, "what the old key sealed holds, too"
    assert any("seal: it is signed by" in fault for fault in verify(content, key=portal_key).faults)
    unkeyed = verify(content)
    assert unkeyed.status == 0, unkeyed.faults
    assert any(line.startswith("note") and "by another key than the seal" in line for line in unkeyed.lines)
    assert unkeyed.lines[-1] != "Nothing was changed.", "that is more than can be said without a key"


def test_a_checkpoint_that_the_auditor_does_not_keep_is_named(told, verify, portal_key):
    first = kept_checkpoints().splitlines()[0] + "\n"
    verdict = verify(told, key=portal_key, kept=first)
    assert verdict.status == 1
    assert all("not among the checkpoints that you keep" in fault for fault in verdict.faults)


def test_the_newest_checkpoint_covers_the_whole_chain(story, verify, portal_key):
    sign_checkpoint()
    verdict = verify(exported(story["id"]).as_file(), key=portal_key, kept=kept_checkpoints())
    assert verdict.status == 0, verdict.faults
    assert not any("newer than the newest checkpoint" in line for line in verdict.lines)


def test_an_export_is_on_record_before_anything_is_opened(new_partner):
    made = new_partner().enrolled(enrollment(consent=consent()))
    exported(made["id"])
    access = EvidenceAccess.objects.get(enrollment=made["id"])
    assert (access.what, access.actor_name, access.channel) == ("bundle", "tests", "command")
    assert Enrollment.objects.get(pk=made["id"]).ledger_length == len(
        exported(made["id"]).document["sections"]["chain"]
    )


def test_an_event_is_in_the_bundle_with_its_signed_request_and_the_chain_holds_on_to_it(
    new_partner, verify, portal_key
):
    partner = new_partner()
    made = partner.enrolled(enrollment())
    event = {
        "id": "evt-1",
        "type": "consent.revoked",
        "manufacturerDeviceId": made["device"]["manufacturerDeviceId"],
        "occurredAt": ago(seconds=5),
        "data": {"revokedAt": ago(seconds=5), "source": "device_app"},
    }
    assert partner.post("/v1/events", event).status == 202
    bundle = exported(made["id"])
    parts = bundle.document["sections"]
    revoking = [each for each in parts["chain"] if each["columns"]["history_change_reason"] == "consent_revoked"]
    signed = {each["columns"]["id"]: each for each in parts["requests"]}
    assert len(signed) == 2
    for entry in revoking:
        request = signed[entry["columns"]["original_id"]]
        assert request["digest"] == entry["columns"]["original_digest"]
        assert json.loads(base64.b64decode(request["message"]["body"]))["type"] == "consent.revoked"
    assert revoking
    verdict = verify(bundle.as_file(), key=portal_key)
    assert verdict.status == 0, verdict.faults
