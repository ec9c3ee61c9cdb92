"""Many enrollments in one request: each has its own transaction and stands or falls alone (contract §3, batch)."""

import json
from dataclasses import dataclass
from typing import Any

from enrollments import intake
from enrollments.answers import ADDRESS_POINTER, enrolling
from enrollments.claims import EnrollmentClaim
from enrollments.documents import BatchItemDocument
from enrollments.matching import Finding, find_many
from enrollments.reading import enrollment_claim
from partners import answers, idempotency
from partners.answers import StoredAnswer
from partners.calls import Call, validated
from partners.models import IdempotencyRecord
from partners.refusal_log import record_refused_item
from territories import geocoding
from texture_portal.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Claimed:
    """An item that could be read. `own_bytes` is its part of the request."""

    key: idempotency.Key
    own_bytes: bytes
    claim: EnrollmentClaim


def enroll_each(call: Call, items: list[Any]) -> list[dict[str, Any]]:
    """One result per item, in order. An item that was done before gives its first result again.

    Where geocoders must be asked outside, they are asked for all new addresses together, before the first enrolls.
    """
    read = [_read(call, item) for item in items]
    findings = _findings(call, read) if geocoding.asks_outside() else {}
    return [
        _result(call, item, claimed, findings.get(place))
        for place, (item, claimed) in enumerate(zip(items, read, strict=True))
    ]


def _read(call: Call, item: Any) -> Claimed | Refusal:
    try:
        read = validated(BatchItemDocument, item)
        claim = enrollment_claim(read)
    except Refusal as refusal:
        return refusal
    own_bytes = json.dumps(item, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    key = idempotency.Key(
        call.partner,
        read["request_id"],
        idempotency.fingerprint_of(method="POST", target="batch item", body=own_bytes),
        namespace=IdempotencyRecord.Namespace.BATCH_ITEM,
    )
    return Claimed(key, own_bytes, claim)


def _findings(call: Call, read: list[Claimed | Refusal]) -> dict[int, Finding]:
    """By place in the batch, of those that are yet to be enrolled."""
    new = {place: each.claim for place, each in enumerate(read) if isinstance(each, Claimed) and _is_new(call, each)}
    found = find_many([claim.site for claim in new.values()], pointer=ADDRESS_POINTER)
    return dict(zip(new, found, strict=True))


def _is_new(call: Call, item: Claimed) -> bool:
    """Whether its address must be located: it was not done before, and is not refused for what it claims."""
    try:
        intake.check_claim(item.claim, partner=call.partner)
        return idempotency.recall(item.key, now=call.now) is None
    except Refusal:
        return False


def _result(call: Call, item: Any, read: Claimed | Refusal, finding: Finding | None) -> dict[str, Any]:
    request_id = item.get("requestId") if isinstance(item, dict) else None
    try:
        answer = _enroll_once(call, read, finding)
    except Refusal as refusal:
        record_refused_item(refusal, call=call, item=item)
        problem = call.problem(refusal)
        return {"requestId": request_id, "status": problem["status"], "problem": problem}
    if answer.refusal:
        record_refused_item(answer.refusal, call=call, item=item)
    member = "problem" if answer.status >= 400 else "enrollment"
    return {"requestId": request_id, "status": answer.status, member: json.loads(answer.body)}


def _enroll_once(call: Call, item: Claimed | Refusal, finding: Finding | None) -> StoredAnswer:
    if isinstance(item, Refusal):
        raise item
    if first := idempotency.recall(item.key, now=call.now):
        return first
    enroll = enrolling(call, item.claim, own_bytes=item.own_bytes, finding=finding)

    def refused(refusal: Refusal) -> StoredAnswer:
        return answers.store_refusal(refusal, base=call.origin, request_id=call.request_id)

    return idempotency.once(
        item.key, now=call.now, effect=lambda: answers.store(enroll()), refused=refused, names=enroll.names
    )
