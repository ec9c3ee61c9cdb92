#!/usr/bin/env python3
"""Verifies an evidence bundle of the portal on any machine: python verify_evidence.py BUNDLE.json

It imports nothing of the portal and asks nobody. All it needs beside Python 3.11 is `pip install cryptography`.

    --key FILE          the portal's public keys (PEM, several where it changed its key), which you have from elsewhere.
                        Without them whoever signed is believed, which proves that the bundle is whole, not whose it is.
    --checkpoints FILE  the signed checkpoints that you keep (`manage.py export_checkpoints`): those in the bundle must
                        be among them.

Each line of what it prints begins with `ok`, `note` or `FAULT`. Exit status 0: nothing was changed; 1: a FAULT names
what was. That entries were left off at a chain's end shows only up to the newest checkpoint in the bundle.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT = "texture-evidence/1"
CONSENTS = "enrollments_historicalconsent"
STATES = "enrollments_historicalenrollment"
SECTIONS = ("about", "chain", "checkpoints", "consents", "findings", "records", "requests", "states", "terms")


class Fault(Exception):
    """What does not hold, in a sentence that names it."""


@dataclass
class Report:
    lines: list[tuple[str, str]] = field(default_factory=list)

    def ok(self, text: str) -> None:
        self.lines.append(("ok", text))

    def note(self, text: str) -> None:
        self.lines.append(("note", text))

    def fault(self, text: str) -> None:
        self.lines.append(("FAULT", text))

    def check(self, name: str, judge: Callable[..., str], *of: Any) -> None:
        """`judge(*of)` says what holds, or raises."""
        with self.part(name):
            self.ok(f"{name}: {judge(*of)}")

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """What is missing or of another form is a fault as well."""
        try:
            yield
        except Fault as fault:
            self.fault(f"{name}: {fault}")
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as malformed:
            self.fault(f"{name}: missing or malformed ({type(malformed).__name__}: {malformed})")

    @property
    def is_clean(self) -> bool:
        return not any(kind == "FAULT" for kind, _ in self.lines)


# -- the written form, and digests over it ----------------------------------------------------------------------


def written(document: Any) -> bytes:
    """JSON with sorted names and no spaces, in UTF-8: what every digest of the portal is taken over."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def need(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Fault(otherwise)


# -- the bundle as a whole --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trust:
    """What the reader has from elsewhere: the portal's keys, and checkpoints kept out of its reach."""

    keys: tuple[Ed25519PublicKey, ...] = ()
    kept: list[dict[str, Any]] | None = None


def verify(content: bytes, trust: Trust) -> Report:
    report = Report()
    try:
        bundle = json.loads(content)
        need(isinstance(bundle, dict) and bundle.get("format") == FORMAT, f"its format is not {FORMAT}")
        parts = bundle["sections"]
        need(isinstance(parts, dict) and set(parts) == set(SECTIONS), f"its sections are not {', '.join(SECTIONS)}")
        need(set(bundle) == {"format", "sections", "seal"}, "it has members that do not belong there")
    except (Fault, KeyError, ValueError) as fault:
        report.fault(f"bundle: not a bundle that can be read: {fault}")
        return report
    report.check("file", _written_form, content, bundle)
    with report.part("seal"):
        check_seal(report, bundle, trust)
    with report.part("chain"):
        check_chain(report, parts)
    with report.part("requests"):
        check_requests(report, parts)
    with report.part("consents, states and terms"):
        check_words(report, parts)
    with report.part("checkpoints"):
        check_checkpoints(report, parts, trust, seal=bundle["seal"])
    with report.part("kept checkpoints"):
        check_kept(report, trust)
    with report.part("findings"):
        report.ok(_findings(parts["findings"]))
    return report


def _written_form(content: bytes, bundle: Any) -> str:
    same = (json.dumps(bundle, indent=1, sort_keys=True) + "\n").encode() == content
    need(same, "the bytes differ from the form in which the portal writes bundles")
    return "as the portal writes it"


def check_seal(report: Report, bundle: dict[str, Any], trust: Trust) -> None:
    parts = bundle["sections"]
    for name in SECTIONS:
        report.check(f"section {name}", _section, bundle["seal"], name, parts[name])
    report.check("seal", _seal, bundle["seal"], trust)
    if not trust.keys:
        report.note("no --key was given: the seal is verified by the key that the bundle names itself")


def _section(seal: dict[str, Any], name: str, part: Any) -> str:
    digest = sha256(written(part)).hex()
    need(seal["sections"][name] == digest, "it was changed after it was sealed, or its digest in the seal was")
    return "as it was sealed"


def _seal(seal: dict[str, Any], trust: Trust) -> str:
    need(set(seal) == {"sections", "publicKey", "signature"}, "it has other members than it should")
    signed = written({"format": FORMAT, "sections": seal["sections"]})
    _check_signed(signed, seal, trust)
    return f"signed by {seal['publicKey']}"


def _check_signed(message: bytes, by: dict[str, Any], trust: Trust) -> None:
    named = Ed25519PublicKey.from_public_bytes(_unhex(by["publicKey"]))
    if trust.keys:
        known = _raw(named) in map(_raw, trust.keys)
        need(known, f"it is signed by {by['publicKey']}, which is not a key that was given")
    try:
        named.verify(_unhex(by["signature"]), message)
    except InvalidSignature:
        raise Fault("the signature does not verify") from None


def _unhex(text: str) -> bytes:
    need(re.fullmatch(r"([0-9a-f]{2})*", text) is not None, f"{text[:80]!r} is not lower-case hex")
    return bytes.fromhex(text)


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def _findings(findings: Any) -> str:
    need(findings == [], f"the portal itself found: {findings}")
    return "the portal itself found the chain whole, and the rows of that day at its end"


# -- the chain of digests ---------------------------------------------------------------------------------------


def check_chain(report: Report, parts: dict[str, Any]) -> None:
    before = bytes(32).hex()
    for place, entry in enumerate(parts["chain"], start=1):
        report.check(f"entry {place}", _entry, entry, place, before, parts["about"])
        before = entry.get("digest", "") if isinstance(entry, dict) else ""
    report.check("chain", _chain_end, parts, before)


def _entry(entry: dict[str, Any], place: int, before: str, about: dict[str, Any]) -> str:
    columns = entry["columns"]
    need(columns["sequence"] == place, f"it says that it is entry {columns['sequence']}")
    need(columns["ledger_id"] == about["enrollmentId"], "it is of another enrollment")
    need(columns["table"] in (CONSENTS, STATES), f"there is no table {columns['table']}")
    need(columns["previous_digest"] == before, "it does not follow from the entry before it")
    need(sha256(written(columns)).hex() == entry["digest"], "its columns do not have its digest: one was changed")
    return f"{columns['history_change_reason']} by {columns['actor_role']} at {columns['history_date']}"


def _chain_end(parts: dict[str, Any], last: str) -> str:
    about, length = parts["about"], len(parts["chain"])
    need(about["chainLength"] == length, f"the enrollment counts {about['chainLength']} entries, here are {length}")
    need(about["chainHead"] == last, "the enrollment's head is not the digest of the last entry")
    states = [entry["columns"]["state"] for entry in parts["chain"] if entry["columns"]["table"] == STATES]
    need(about["state"] == states[-1], "the enrollment's state is not where its history ends")
    return f"{length} entries, each following from the one before"


# -- the signed requests ----------------------------------------------------------------------------------------


def check_requests(report: Report, parts: dict[str, Any]) -> None:
    for place, request in enumerate(parts["requests"], start=1):
        name = f"request {_id_of(request) or place}"
        report.check(name, _sealed_request, request)
        if isinstance(request, dict) and request.get("message") is not None:
            report.check(f"{name}, as it came", _request, request)
    for place, record in enumerate(parts["records"], start=1):
        report.check(f"record {_id_of(record) or place}", _record, record, parts["requests"])
    for entry in parts["chain"]:
        report.check(_entry_name(entry), _originals, entry, parts["requests"] + parts["records"])


def _id_of(request: Any) -> str:
    return str(request["columns"].get("id", "")) if isinstance(request, dict) and "columns" in request else ""


def _entry_name(entry: Any) -> str:
    number = entry["columns"].get("sequence") if isinstance(entry, dict) and "columns" in entry else "?"
    return f"what entry {number} rests on"


def _originals(entry: dict[str, Any], originals: list[dict[str, Any]]) -> str:
    columns = entry["columns"]
    present = {each["columns"]["id"]: each["digest"] for each in originals}
    for name in ("signed_request", "original"):
        wanted, digest = columns.get(f"{name}_id"), columns.get(f"{name}_digest")
        if wanted is not None:
            need(wanted in present, f"{wanted} is not in the bundle")
            need(present[wanted] == digest, f"{wanted} does not have the digest that the chain holds")
    return "there, with the digests that the chain holds"


def _sealed_request(request: dict[str, Any]) -> str:
    return _sealed(request, "sealedMessage", "sealed_message", request["message"], place="signed-request")


def _record(record: dict[str, Any], requests: list[dict[str, Any]]) -> str:
    said = _sealed(record, "sealedContent", "sealed_content", record["content"], place="evidence-record")
    signed = record["columns"].get("signed_request_id")
    if signed is None:
        return f"{said}; filed by staff"
    present = {each["columns"]["id"]: each["digest"] for each in requests}
    need(present.get(signed) == record["columns"]["signed_request_digest"], "it did not come by the request it names")
    return f"{said}; it came by request {signed}"


def _sealed(original: dict[str, Any], member: str, column: str, shown: Any, *, place: str) -> str:
    """An original that is kept sealed: its digest, and what it opens to."""
    sealed = base64.b64decode(original[member], validate=True)
    need(base64.b64encode(sealed).decode() == original[member], "what is sealed is not plain base64")
    columns = original["columns"] | {column: sha256(sealed).hex()}
    need(sha256(written(columns)).hex() == original["digest"], "it does not have its digest: a byte of it was changed")
    if original["standing"] != "opened":
        need(original["standing"] == "erased" and shown is None, "it says neither opened nor erased")
        return "sealed and unchanged; its customer was erased, so nobody can open it"
    need(original["openingKey"] is not None, "it has no key that opens it, so nothing ties its text to the chain")
    text = _open(sealed, original["openingKey"], place=f"{place}:{columns['id']}")
    need(json.loads(text) == shown, "what it opens to is not what is shown")
    return "unchanged, and opens to what is shown"


def _open(sealed: bytes, key: str, *, place: str) -> bytes:
    try:
        return AESGCM(_unhex(key)).decrypt(sealed[1:13], sealed[13:], place.encode())
    except InvalidTag:
        raise Fault("its key does not open it") from None


def _request(request: dict[str, Any]) -> str:
    columns, message = request["columns"], request["message"]
    if columns["proof"] == "file":
        source = message["headers"]
        return f"row {source['row']} of the file with SHA-256 {source['digest']}, which {source['uploadedBy']} uploaded"
    if columns["proof"] != "signature":
        return "verified when it came, which is all that it proves (shared secret, or an item of a batch)"
    check_content_digest(message)
    signed = read_signature(message["headers"])
    need(signed.parameters["keyid"] == columns["signing_key_id"], "it was signed by another key than is named")
    created = datetime.fromisoformat(columns["signature_created_at"]).timestamp()
    need(signed.parameters["created"] == created, "it was signed at another time than is named")
    need(list(signed.components) == columns["covered"], "the signature covers other parts than are named")
    check_signature(signed, message, algorithm=columns["algorithm"], pem=columns["public_key_pem"])
    return f"the partner's signature verifies by key {columns['signing_key_id']} ({columns['algorithm']})"


# -- HTTP Message Signatures (RFC 9421) and Content-Digest (RFC 9530) ---------------------------------------------


@dataclass
class Signed:
    components: tuple[str, ...]
    parameters: dict[str, Any]
    signature: bytes

    def params_line(self) -> str:
        """`@signature-params` in its one form (RFC 9421 §2.3)."""
        names = " ".join(f'"{name}"' for name in self.components)
        return f"({names})" + "".join(f";{name}={_structured(value)}" for name, value in self.parameters.items())


def read_signature(headers: dict[str, str]) -> Signed:
    label, _, given = headers["signature-input"].partition("=")
    inner, _, parameters = given.partition(")")
    names = re.findall(r'"([^"]*)"', inner)
    plain = re.sub(r'[ ]*"[^"]*"[ ]*', "", inner.strip()[1:])
    need(inner.lstrip().startswith("(") and not plain, "it covers a component in a way that this script does not know")
    found = re.fullmatch(r"\s*([a-z*][a-z0-9_.*-]*)\s*=\s*:([A-Za-z0-9+/=]*):\s*", headers["signature"])
    need(found is not None and found[1] == label.strip(), "Signature and Signature-Input do not belong together")
    return Signed(tuple(names), dict(_parameters(parameters)), base64.b64decode(found[2], validate=True))  # type: ignore[index]


def _parameters(text: str) -> Iterator[tuple[str, Any]]:
    wanted = r';\s*([a-z*][a-z0-9_.*-]*)=(?:(-?\d+)|"((?:[^"\\]|\\["\\])*)")\s*'
    need(
        re.fullmatch(f"(?:{wanted})*", text) is not None, "its parameters are of a kind that this script does not know"
    )
    for name, number, string in re.findall(wanted, text):
        yield name, int(number) if number else re.sub(r"\\(.)", r"\1", string)


def _structured(value: int | str) -> str:
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def check_signature(signed: Signed, message: dict[str, Any], *, algorithm: str, pem: str) -> None:
    lines = [f'"{name}": {_value(name, message)}' for name in signed.components]
    base = "\n".join([*lines, f'"@signature-params": {signed.params_line()}']).encode("ascii")
    key = serialization.load_pem_public_key(pem.encode())
    try:
        if algorithm == "ed25519" and isinstance(key, Ed25519PublicKey):
            key.verify(signed.signature, base)
        elif algorithm == "ecdsa-p256-sha256" and isinstance(key, EllipticCurvePublicKey):
            r, s = signed.signature[:32], signed.signature[32:]
            der = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
            key.verify(der, base, ECDSA(hashes.SHA256()))
        else:
            raise Fault(f"its key is not one of {algorithm}")
    except InvalidSignature:
        raise Fault("the partner's signature does not verify: this is not what it signed, or not its key") from None


def _value(name: str, message: dict[str, Any]) -> str:
    if not name.startswith("@"):
        return str(message["headers"][name])
    path, mark, query = message["target"].partition("?")
    port = {"http": ":80", "https": ":443"}[message["scheme"]]
    authority = message["authority"].lower().removesuffix(port)
    derived = {
        "@method": message["method"],
        "@authority": authority,
        "@path": path or "/",
        "@query": f"?{query}",
        "@scheme": message["scheme"],
        "@request-target": message["target"],
        "@target-uri": f"{message['scheme']}://{authority}{path or '/'}{mark}{query}",
    }
    return str(derived[name])


def check_content_digest(message: dict[str, Any]) -> None:
    body = base64.b64decode(message["body"], validate=True)
    listed = re.findall(r"(sha-256|sha-512)=:([A-Za-z0-9+/=]*):", message["headers"]["content-digest"])
    need(bool(listed), "its Content-Digest names no digest that is known")
    for algorithm, value in listed:
        digest = hashlib.new(algorithm.replace("-", ""), body).digest()
        need(base64.b64decode(value) == digest, f"its body does not have its Content-Digest ({algorithm})")


# -- what the bundle says in words, against the chain -------------------------------------------------------------

SAME = {  # in words: in the chain
    "at": "history_date", "why": "history_change_reason", "actor": "actor_role", "actorName": "actor_name",
    "through": "channel",
}  # fmt: skip
SAME_OF_CONSENTS = SAME | {
    "consentId": "id", "path": "path", "source": "source", "programTypes": "program_types", "grantedAt": "granted_at",
    "receivedAt": "received_at", "revokedAt": "revoked_at", "revocationSource": "revocation_source",
    "expiredAt": "expired_at", "certificationVersion": "certification_version", "termsVersion": "terms_version",
    "requestId": "signed_request_id",
}  # fmt: skip
SAME_OF_STATES = SAME | {"to": "state", "reason": "state_reason"}


def check_words(report: Report, parts: dict[str, Any]) -> None:
    by_sequence = {each["columns"]["sequence"]: each["columns"] for each in parts["chain"] if "columns" in each}
    for consent in parts["consents"]:
        name = f"consent at entry {consent.get('sequence')}"
        report.check(name, _consent, consent, by_sequence, parts)
    told = [consent.get("sequence") for consent in parts["consents"]]
    report.check("consents", _all_told, told, by_sequence)
    report.check("states", _states, parts["states"], by_sequence)
    for text in parts["terms"]:
        report.check(f"terms {text.get('version')}", _terms, text)


def _consent(consent: dict[str, Any], by_sequence: dict[int, Any], parts: dict[str, Any]) -> str:
    columns = by_sequence[consent["sequence"]]
    _same(consent, columns, SAME_OF_CONSENTS)
    known = [text["sha256"] for text in parts["terms"] if text["version"] == consent["termsVersion"]]
    need(sorted(consent["termsSha256"]) == sorted(known), "its terms are not those in the bundle")
    _check_opened(consent["evidence"], columns)
    signed = _consent_as_signed(consent["requestId"], parts["requests"])
    if signed is not None and columns["history_change_reason"] in ("consent_granted", "consent_renewed"):
        _check_as_signed(signed, consent)
    terms = "text in the bundle" if known else "text unknown to the portal"
    return f"{consent['source']}, terms {consent['termsVersion']} ({terms}), {', '.join(consent['programTypes'])}"


def _same(told: dict[str, Any], columns: dict[str, Any], names: dict[str, str]) -> None:
    for name, column in names.items():
        need(
            told[name] == columns.get(column), f"{name} is {told[name]!r}, but the chain holds {columns.get(column)!r}"
        )


def _check_opened(evidence: dict[str, Any], columns: dict[str, Any]) -> None:
    sealed = columns.get("sealed_evidence")
    if evidence["standing"] != "opened":
        need(
            evidence["standing"] == ("none" if sealed is None else "erased"), "it does not say how its evidence stands"
        )
        need(evidence["opened"] is None and evidence["openingKey"] is None, "it shows evidence that it calls erased")
        return
    need(evidence["openingKey"] is not None, "nothing ties its evidence to the chain")
    text = _open(_unhex(sealed or ""), evidence["openingKey"], place=f"consent-evidence:{columns['id']}")
    need(json.loads(text) == evidence["opened"], "its evidence is not what was sealed in the chain")


def _consent_as_signed(request_id: str | None, requests: list[dict[str, Any]]) -> dict[str, Any] | None:
    for request in requests:
        if request["columns"]["id"] == request_id and request["message"] is not None:
            try:
                body = json.loads(base64.b64decode(request["message"]["body"]))
            except ValueError:
                return None  # no document: nothing to compare with
            return body.get("consent", body) if isinstance(body, dict) else None
    return None


def _check_as_signed(signed: dict[str, Any], consent: dict[str, Any]) -> None:
    """The partner's own words: what it signed is what the chain holds."""
    need(signed["source"] == consent["source"], "the partner signed another source")
    need(signed["termsVersion"] == consent["termsVersion"], "the partner signed other terms")
    need(sorted(set(signed["programTypes"])) == consent["programTypes"], "the partner signed another scope")
    granted = datetime.fromisoformat(signed["grantedAt"].upper())
    need(granted == datetime.fromisoformat(consent["grantedAt"]), "the partner signed another time of consent")


def _all_told(told: list[Any], by_sequence: dict[int, Any]) -> str:
    wanted = [number for number, columns in sorted(by_sequence.items()) if columns["table"] == CONSENTS]
    need(told == wanted, "they are not all those of the chain, in its order")
    return f"all {len(wanted)} entries of the chain that are about consents"


def _states(told: list[dict[str, Any]], by_sequence: dict[int, Any]) -> str:
    moves, before = [], None
    for number, columns in sorted(by_sequence.items()):
        if columns["table"] == STATES and columns["state"] != before:
            moves.append((number, before))
            before = columns["state"]
    need([(each["sequence"], each["from"]) for each in told] == moves, "they are not the moves of the chain")
    for each in told:
        _same(each, by_sequence[each["sequence"]], SAME_OF_STATES)
    return f"all {len(moves)} moves of the chain, each with who and why"


def _terms(text: dict[str, Any]) -> str:
    need(sha256(text["text"].encode()).hex() == text["sha256"], "the text does not have its SHA-256")
    return f"SHA-256 {text['sha256']}"


# -- checkpoints: signed heads in a Merkle tree (RFC 9162 §2.1) ---------------------------------------------------


def check_checkpoints(report: Report, parts: dict[str, Any], trust: Trust, *, seal: dict[str, Any]) -> None:
    covered = 0
    for place, checkpoint in enumerate(parts["checkpoints"], start=1):
        name = f"checkpoint {_number(checkpoint) or place}"
        report.check(name, _checkpoint, checkpoint, parts, trust)
        if not trust.keys and _signer(checkpoint) != _signer(seal):
            report.note(f"{name} is signed by another key than the seal: --key tells whether both are the portal's")
        covered = max(covered, _length(checkpoint))
    length = len(parts["chain"])
    if covered < length:
        newer = f"entries {covered + 1} to {length} are" if length > covered + 1 else f"entry {length} is"
        report.note(f"{newer} newer than the newest checkpoint: the seal alone vouches for that")


def _number(checkpoint: Any) -> Any:
    return checkpoint.get("statement", {}).get("number") if isinstance(checkpoint, dict) else None


def _signer(signed: Any) -> Any:
    return signed.get("publicKey") if isinstance(signed, dict) else None


def _length(checkpoint: Any) -> int:
    length = checkpoint.get("leaf", {}).get("length") if isinstance(checkpoint, dict) else None
    return length if isinstance(length, int) else 0


def _checkpoint(checkpoint: dict[str, Any], parts: dict[str, Any], trust: Trust) -> str:
    statement, leaf = checkpoint["statement"], checkpoint["leaf"]
    _check_signed(written(statement), checkpoint, trust)
    need(leaf["subject"] == parts["about"]["enrollmentId"], "its leaf is of another enrollment")
    data = UUID(leaf["subject"]).bytes + leaf["length"].to_bytes(8, "big") + _unhex(leaf["head"])
    root = sha256(b"\x00" + data)
    for step in checkpoint["path"]:
        beside = _unhex(step["hash"])
        need(step["side"] in ("left", "right"), "its path has a step to neither side")
        root = sha256(b"\x01" + (beside + root if step["side"] == "left" else root + beside))
    need(root.hex() == statement["root"], "its leaf is not under the root that was signed")
    entry = parts["chain"][leaf["length"] - 1]
    need(entry["digest"] == leaf["head"], f"the chain was rewritten: entry {leaf['length']} is not the one it signed")
    if trust.kept is not None:
        need(statement in [each["statement"] for each in trust.kept], "it is not among the checkpoints that you keep")
    return f"signed at {statement['at']}: entries 1 to {leaf['length']} are what they were then"


def check_kept(report: Report, trust: Trust) -> None:
    before = None
    for each in trust.kept or ():
        report.check(f"kept checkpoint {_number(each)}", _kept, each, before, trust)
        before = each


def _kept(checkpoint: dict[str, Any], before: dict[str, Any] | None, trust: Trust) -> str:
    statement = checkpoint["statement"]
    _check_signed(written(statement), checkpoint, trust)
    if before is not None and before["statement"]["number"] == statement["number"] - 1:
        follows = statement["previous"] == sha256(written(before["statement"])).hex()
        need(follows, "it does not follow from the one before it")
    return f"signed at {statement['at']}"


# -- at the shell -----------------------------------------------------------------------------------------------


def read_keys(file: str) -> tuple[Ed25519PublicKey, ...]:
    with open(file, encoding="ascii") as given:
        blocks = re.findall("-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", given.read(), re.DOTALL)
    keys = [serialization.load_pem_public_key(block.encode()) for block in blocks]
    ours = tuple(key for key in keys if isinstance(key, Ed25519PublicKey))
    if not keys or len(ours) != len(keys):
        raise SystemExit(f"{file} does not hold Ed25519 public keys as PEM, and nothing else.")
    return ours


def read_lines(file: str) -> list[dict[str, Any]]:
    with open(file, encoding="utf-8") as given:
        return [json.loads(line) for line in given if line.strip()]


def main() -> int:
    words = argparse.ArgumentParser(description="Verify an evidence bundle of the portal, anywhere.")
    words.add_argument("bundle", metavar="BUNDLE.json")
    words.add_argument("--key", type=read_keys, default=(), metavar="FILE", help="the portal's public keys, as PEM")
    words.add_argument("--checkpoints", type=read_lines, metavar="FILE", help="the signed checkpoints that you keep")
    given = words.parse_args()
    with open(given.bundle, "rb") as file:
        report = verify(file.read(), Trust(given.key, given.checkpoints))
    for kind, text in report.lines:
        print(f"{kind:5} {text}")
    whole = "Nothing was changed." if given.key else "Whole as its signer left it; who that is, only --key can tell."
    print(whole if report.is_clean else "THE BUNDLE IS NOT WHOLE.")
    return 0 if report.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
