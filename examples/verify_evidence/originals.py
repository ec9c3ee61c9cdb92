"""What the chain rests on: the requests as they were signed, and the records as they were sent."""

import base64
import json
from datetime import datetime
from typing import Any

from forms import open_sealed, sha256, written
from http_signatures import check_content_digest, check_signature, read_signature
from reporting import Report, need


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
    text = open_sealed(sealed, original["openingKey"], place=f"{place}:{columns['id']}")
    need(json.loads(text) == shown, "what it opens to is not what is shown")
    return "unchanged, and opens to what is shown"


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
