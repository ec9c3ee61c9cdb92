"""One effect per key, and the first answer again (contract §2.4).

The record is written in the transaction of its effect, which holds the key: a concurrent bearer waits for it, and a
holder that dies frees the key because PostgreSQL rolls its transaction back.
"""

import hashlib
import random
import re
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F
from psycopg.errors import UniqueViolation

from partners import problems
from partners.answers import StoredAnswer
from partners.models import IdempotencyRecord, Partner
from partners.models.request import UNIQUE_KEY, IdempotencyRecords
from texture_portal import sealed_columns
from texture_portal.holding import NameHeldError, hold, was_deadlock
from texture_portal.refusals import Refusal
from texture_portal.writing import insert

PAUSES_AFTER_DEADLOCK = (0.05, 0.2, 0.5)  # seconds at most
KEPT = timedelta(days=90)  # contract §2.4
KEPT_BRIEFLY = timedelta(hours=24)  # contract §2.4: eligibility and telemetry

BARE_KEY = re.compile(r"[!#-~][!-~]{0,254}")  # a leading quote begins a structured-field string
QUOTED_KEY = re.compile(r'"((?:[!#-\[\]-~]|\\["\\])*)"')


@dataclass(frozen=True, slots=True)
class Key:
    """A partner's key in its namespace, with the SHA-256 fingerprint of what it stands for.

    `is_secret`: its answer holds a secret, and is kept sealed.
    """

    partner: Partner
    value: str
    fingerprint: bytes
    namespace: str = IdempotencyRecord.Namespace.REQUEST
    kept: timedelta = KEPT
    is_secret: bool = False

    @property
    def name(self) -> str:
        """By which a transaction holds it."""
        return f"key|{self.partner.pk}|{self.namespace}|{self.value}"


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
    record = _records(key).first()
    return None if record is None else replay(record, key, now=now)


def recall_each(keys: Sequence[Key], *, now: datetime) -> list[StoredAnswer | Refusal | None]:
    """Likewise for many of one partner and namespace, in their order; a key of another request's gives the refusal."""
    if not keys:
        return []
    kept = IdempotencyRecord.objects.of_keys(
        partner=keys[0].partner, namespace=keys[0].namespace, keys=[key.value for key in keys]
    )
    by_key = {record.key: record for record in kept}
    return [_replay_or_refusal(by_key.get(key.value), key, now=now) for key in keys]


def _replay_or_refusal(record: IdempotencyRecord | None, key: Key, *, now: datetime) -> StoredAnswer | Refusal | None:
    try:
        return None if record is None else replay(record, key, now=now)
    except Refusal as refusal:
        return refusal


def replay(record: IdempotencyRecord, key: Key, *, now: datetime) -> StoredAnswer | None:
    """What the record answers to this key; None where it is kept no longer."""
    if record.expires_at <= now:
        return None
    if bytes(record.fingerprint) != key.fingerprint:
        raise Refusal("idempotency_key_reused", "This key was used for another request: use a new one.")
    body = (sealed_columns.opened(record, "body") or b"") if key.is_secret else bytes(record.body)
    return StoredAnswer(record.status, record.headers, body, replayed=True)


def note_replay(record: IdempotencyRecord) -> None:
    """That the partner sends the same again, and that nothing is done twice, is what certification wants to see."""
    IdempotencyRecord.objects.filter(pk=record.pk).update(replays=F("replays") + 1)


def once(
    key: Key,
    *,
    now: datetime,
    effect: Callable[[], StoredAnswer],
    refused: Callable[[Refusal], StoredAnswer],
    names: Collection[str] = (),
) -> StoredAnswer:
    """Runs `effect` in one transaction with the record of its answer, or gives the answer that is there already.

    The transaction holds the key, and `names`, alone. A refusal by a business rule undoes the effect and is kept, as
    `refused` writes it; any other outcome undoes everything, so that the key is free again. Raises
    `request_in_progress` where another held one of them for too long.
    """
    names = (*names, key.name)
    try:
        return _once_or_again(key, now=now, effect=effect, names=names)
    except NameHeldError as held:
        raise Refusal("request_in_progress", "Another request for the same is still running.") from held
    except (Refusal, IntegrityError) as fault:
        if first := recall(key, now=now):  # it met what the first bearer of the key had left when we held it
            return first
        if isinstance(fault, Refusal) and problems.is_kept(fault):
            kept = refused(fault)
            return once(key, now=now, effect=lambda: kept, refused=refused, names=names)
        if not _is_of_this_key(fault):
            raise
        _records(key).purge(now=now)  # an answer that is kept no longer was in the way
    return once(key, now=now, effect=effect, refused=refused, names=names)


def _once_or_again(
    key: Key, *, now: datetime, effect: Callable[[], StoredAnswer], names: Collection[str]
) -> StoredAnswer:
    """Names are held in one order by all, rows are not: who is undone for another to go on goes after it."""
    for pause in PAUSES_AFTER_DEADLOCK:
        try:
            return _once(key, now=now, effect=effect, names=names)
        except OperationalError as fault:
            if not was_deadlock(fault):
                raise
        time.sleep(random.uniform(0, pause))  # noqa: S311 - so that the two do not meet again
    return _once(key, now=now, effect=effect, names=names)


@transaction.atomic
def _once(key: Key, *, now: datetime, effect: Callable[[], StoredAnswer], names: Collection[str]) -> StoredAnswer:
    """The record's unique key undoes whatever was done a second time."""
    hold(names)
    answer = effect()
    insert([*answer.unwritten, record(key, answer, now=now)])
    return answer


def _records(key: Key) -> IdempotencyRecords:
    return IdempotencyRecord.objects.of_keys(partner=key.partner, namespace=key.namespace, keys=[key.value])


def record(key: Key, answer: StoredAnswer, *, now: datetime) -> IdempotencyRecord:
    """What is kept of an answer, to be written in the transaction of its effect."""
    kept = IdempotencyRecord(
        partner=key.partner,
        namespace=key.namespace,
        key=key.value,
        fingerprint=key.fingerprint,
        status=answer.status,
        headers=answer.headers,
        body=answer.body,
        expires_at=now + key.kept,
        created_at=now,
    )
    if key.is_secret:
        sealed_columns.seal(kept, "body", answer.body)
    return kept


def _is_of_this_key(fault: Exception) -> bool:
    cause = fault.__cause__
    return isinstance(cause, UniqueViolation) and cause.diag.constraint_name == UNIQUE_KEY
