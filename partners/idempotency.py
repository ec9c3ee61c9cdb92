"""One effect per key, and the first answer again (contract §2.4).

The record is inserted in the transaction of its effect, so a concurrent bearer of the same key waits on the unique
index, and a holder that dies frees the key because PostgreSQL rolls its transaction back.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from django.db import OperationalError, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable

from partners import problems
from partners.answers import StoredAnswer
from partners.models import IdempotencyRecord, Partner
from texture_portal.refusals import Refusal

KEPT = timedelta(days=90)  # contract §2.4
KEPT_BRIEFLY = timedelta(hours=24)  # contract §2.4: eligibility and telemetry
LONGEST_WAIT = "10s"  # for a concurrent holder of the same key
LONGEST_IDLE = "50s"  # a holder whose machine died must free its key within 60 s (contract §2.4)

BARE_KEY = re.compile(r"[!#-~][!-~]{0,254}")  # a leading quote begins a structured-field string
QUOTED_KEY = re.compile(r'"((?:[!#-\[\]-~]|\\["\\])*)"')


@dataclass(frozen=True, slots=True)
class Key:
    """A partner's key in its namespace, with the SHA-256 fingerprint of what it stands for."""

    partner: Partner
    value: str
    fingerprint: bytes
    namespace: str = IdempotencyRecord.Namespace.REQUEST
    kept: timedelta = KEPT


def read_key(header: str | None) -> str:
    """A bare key or a quoted structured-field string: the two are one."""
    text = (header or "").strip()
    if quoted := QUOTED_KEY.fullmatch(text):
        key = re.sub(r"\\(.)", r"\1", quoted[1])
    else:
        key = text if BARE_KEY.fullmatch(text) else ""
    if not 1 <= len(key) <= 255:
        raise Refusal(
            "idempotency_key_missing",
            "The Idempotency-Key header is absent, or is not 1 to 255 visible ASCII characters.",
        )
    return key


def fingerprint_of(*, method: str, target: str, body: bytes) -> bytes:
    """`target` is the path with its query, as it came on the wire."""
    return hashlib.sha256(f"{method}\n{target}\n".encode() + body).digest()


def recall(key: Key, *, now: datetime) -> StoredAnswer | None:
    """The first answer to this key, if there was one; raises `idempotency_key_reused` for another request's key."""
    record = _look_up(key)
    return _replay(record, key) if record and record.status is not None and now < record.expires_at else None


def once(
    key: Key, *, now: datetime, effect: Callable[[], StoredAnswer], refused: Callable[[Refusal], StoredAnswer]
) -> StoredAnswer:
    """Runs `effect` in one transaction with the record of its answer, or gives the answer that is there already.

    A refusal by a business rule undoes the effect and is kept, as `refused` writes it; any other outcome undoes
    everything, so that the key is free again. Raises `request_in_progress` where the wait was too long.
    """
    try:
        return _once(key, now=now, effect=effect)
    except Refusal as refusal:
        if not problems.is_kept(refusal):
            raise
        kept = refused(refusal)
    return _once(key, now=now, effect=lambda: kept)


@transaction.atomic
def _once(key: Key, *, now: datetime, effect: Callable[[], StoredAnswer]) -> StoredAnswer:
    record_id = _claim(key, now=now)
    if record_id is None:
        record = _look_up(key)
        return _replay(record, key) if record and record.status is not None else _in_progress()
    answer = effect()
    IdempotencyRecord.objects.settle(record_id, status=answer.status, headers=answer.headers, body=answer.body)
    return answer


def _claim(key: Key, *, now: datetime) -> int | None:
    """The id of the new record; None where another holds or held the key."""
    try:
        return IdempotencyRecord.objects.claim(
            partner=key.partner,
            namespace=key.namespace,
            key=key.value,
            fingerprint=key.fingerprint,
            now=now,
            expires_at=now + key.kept,
            longest_wait=LONGEST_WAIT,
            longest_idle=LONGEST_IDLE,
        )
    except OperationalError as fault:
        if isinstance(fault.__cause__, LockNotAvailable | DeadlockDetected):
            _in_progress()
        raise


def _look_up(key: Key) -> IdempotencyRecord | None:
    return IdempotencyRecord.objects.look_up(partner=key.partner, namespace=key.namespace, key=key.value)


def _replay(record: IdempotencyRecord, key: Key) -> StoredAnswer:
    if bytes(record.fingerprint) != key.fingerprint:
        raise Refusal("idempotency_key_reused", "This key was used for another request: use a new one.")
    if record.status is None:
        _in_progress()
    return StoredAnswer(record.status, record.headers, bytes(record.body), replayed=True)


def _in_progress() -> NoReturn:
    raise Refusal("request_in_progress", "The first request with this key is still running.")
