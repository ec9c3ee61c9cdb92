"""Many enrollments in one request: each has its own transaction and stands or falls alone (contract §3, batch)."""

import json
from typing import Any

from enrollments.answers import enrolling
from enrollments.documents import BatchItemDocument
from enrollments.reading import enrollment_claim
from partners import answers, idempotency
from partners.answers import StoredAnswer
from partners.calls import Call, validated
from partners.models import IdempotencyRecord
from partners.refusal_log import record_refused_item
from texture_portal.refusals import Refusal


def enroll_each(call: Call, items: list[Any]) -> list[dict[str, Any]]:
    """One result per item, in order. An item that was done before gives its first result again."""
    return [_result(call, item) for item in items]


def _result(call: Call, item: Any) -> dict[str, Any]:
    request_id = item.get("requestId") if isinstance(item, dict) else None
    try:
        answer = _enroll_once(call, item)
    except Refusal as refusal:
        record_refused_item(refusal, call=call, item=item)
        problem = call.problem(refusal)
        return {"requestId": request_id, "status": problem["status"], "problem": problem}
    if answer.refusal:
        record_refused_item(answer.refusal, call=call, item=item)
    member = "problem" if answer.status >= 400 else "enrollment"
    return {"requestId": request_id, "status": answer.status, member: json.loads(answer.body)}


def _enroll_once(call: Call, item: Any) -> StoredAnswer:
    read = validated(BatchItemDocument, item)
    own_bytes = json.dumps(item, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    key = idempotency.Key(
        call.partner,
        read["request_id"],
        idempotency.fingerprint_of(method="POST", target="batch item", body=own_bytes),
        namespace=IdempotencyRecord.Namespace.BATCH_ITEM,
    )
    if first := idempotency.recall(key, now=call.now):
        return first
    enroll = enrolling(call, enrollment_claim(read), own_bytes=own_bytes)

    def refused(refusal: Refusal) -> StoredAnswer:
        return answers.store_refusal(refusal, base=call.origin, request_id=call.request_id)

    return idempotency.once(
        key, now=call.now, effect=lambda: answers.store(enroll()), refused=refused, names=enroll.names
    )
