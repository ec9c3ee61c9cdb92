"""What the bundle says in words, held against the chain."""

import base64
import json
from datetime import datetime
from typing import Any

from forms import CONSENTS, STATES, open_sealed, sha256, unhex
from reporting import Report, need

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
    _check_said(consent["words"], columns)
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
    text = open_sealed(unhex(sealed or ""), evidence["openingKey"], place=f"consent-evidence:{columns['id']}")
    need(json.loads(text) == evidence["opened"], "its evidence is not what was sealed in the chain")


def _check_said(words: dict[str, Any], columns: dict[str, Any]) -> None:
    """What somebody said of it is sealed in the chain, and so can be erased with the person."""
    sealed = columns.get("sealed_words")
    if words["standing"] != "opened":
        need(words["standing"] == ("none" if sealed is None else "erased"), "it does not say how its words stand")
        need(words["opened"] is None and words["openingKey"] is None, "it shows words that it calls erased")
        return
    need(words["openingKey"] is not None, "nothing ties its words to the chain")
    place = f"ledger-words:{columns['ledger_id']}:{columns['sequence']}"
    text = open_sealed(unhex(sealed or ""), words["openingKey"], place=place)
    need(text.decode() == words["opened"], "its words are not what was sealed in the chain")


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
        _check_said(each["words"], by_sequence[each["sequence"]])
    return f"all {len(moves)} moves of the chain, each with who and why"


def _terms(text: dict[str, Any]) -> str:
    need(sha256(text["text"].encode()).hex() == text["sha256"], "the text does not have its SHA-256")
    return f"SHA-256 {text['sha256']}"
