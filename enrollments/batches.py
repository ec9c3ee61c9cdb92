"""Many enrollments in one request: each stands or falls alone (contract §3, batch)."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from enrollments import intake
from enrollments.answers import ADDRESS_POINTER, Enrolling
from enrollments.claims import EnrollmentClaim
from enrollments.documents import BatchItemDocument
from enrollments.matching import find_many
from enrollments.reading import enrollment_claim
from enrollments.waves import Item, Outcome, enroll_all
from partners import idempotency
from partners.calls import Call, validated
from partners.models import IdempotencyRecord
from partners.refusal_log import record_refused_item
from texture_portal.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Claimed:
    """An item that could be read. `own_bytes` is its part of the request."""

    key: idempotency.Key
    own_bytes: bytes
    claim: EnrollmentClaim


def enroll_each(call: Call, items: list[Any]) -> list[dict[str, Any]]:
    """One result per item, in order. An item that was done before gives its first result again.

    All new addresses are located together, before the first enrolls.
    """
    outcomes: dict[int, Outcome] = {}
    claimed: dict[int, Claimed] = {}
    for place, item in enumerate(items):
        try:
            claimed[place] = _read(call, item)
        except Refusal as refusal:
            outcomes[place] = refusal
    outcomes |= _done_before(call, claimed)
    new = [(place, item) for place, item in claimed.items() if place not in outcomes]
    outcomes |= enroll_all(_located(call, new), call=call)
    return [_result(call, item, outcomes[place]) for place, item in enumerate(items)]


def _read(call: Call, item: Any) -> Claimed:
    read = validated(BatchItemDocument, item)
    own_bytes = json.dumps(item, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    key = idempotency.Key(
        call.partner,
        read["request_id"],
        idempotency.fingerprint_of(method="POST", target="batch item", body=own_bytes),
        namespace=IdempotencyRecord.Namespace.BATCH_ITEM,
    )
    return Claimed(key, own_bytes, enrollment_claim(read))


def _done_before(call: Call, claimed: dict[int, Claimed]) -> dict[int, Outcome]:
    """The first answers of those that were, and the refusals of those whose claim alone is refused."""
    kept = idempotency.recall_each([item.key for item in claimed.values()], now=call.now)
    outcomes: dict[int, Outcome] = {
        place: first for place, first in zip(claimed, kept, strict=True) if first is not None
    }
    for place, item in claimed.items():
        if place not in outcomes:
            try:
                intake.check_claim(item.claim, partner=call.partner, now=call.now)
            except Refusal as refusal:
                outcomes[place] = refusal
    return outcomes


def _located(call: Call, new: Iterable[tuple[int, Claimed]]) -> dict[int, Item]:
    new = list(new)
    findings = find_many([item.claim.site for _, item in new], pointer=ADDRESS_POINTER)
    return {
        place: Item(item.key, Enrolling(call, item.claim, finding, item.own_bytes))
        for (place, item), finding in zip(new, findings, strict=True)
    }


def _result(call: Call, item: Any, outcome: Outcome) -> dict[str, Any]:
    request_id = item.get("requestId") if isinstance(item, dict) else None
    refusal = outcome if isinstance(outcome, Refusal) else outcome.refusal
    if refusal is not None:
        record_refused_item(refusal, call=call, item=item)
    if isinstance(outcome, Refusal):
        problem = call.problem(outcome)
        return {"requestId": request_id, "status": problem["status"], "problem": problem}
    member = "problem" if outcome.status >= 400 else "enrollment"
    return {"requestId": request_id, "status": outcome.status, member: json.loads(outcome.body)}
