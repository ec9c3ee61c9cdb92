"""Delivering what is due: rows are claimed, sent many at once outside any transaction, and settled as answers come.

Nobody waits for a slow receiver: as long as one is under way, the others go on being claimed and settled.
"""

import logging
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from django.conf import settings
from django.db import connection

from partners import http
from partners.webhooks import claiming, outcomes, settling, signing
from partners.webhooks.claiming import Claimed
from partners.webhooks.outcomes import Outcome
from partners.webhooks.settling import Result
from partners.webhooks.waking import KIND, awake
from texture_portal import jobs
from texture_portal.traces import trace_of

log = logging.getLogger(__name__)
AT_ONCE = 256  # of one worker, over all endpoints
TASK_SECONDS = 50.0  # under a task's time-out (settings.Q_CLUSTER), the answers to the last that were sent included
POLL_SECONDS = 0.25  # how soon what was written meanwhile is seen
MOST_ANSWER_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class _Sent:
    claimed: Claimed
    began_at: datetime
    seconds: float
    future: "Future[http.Answer]"


@dataclass(slots=True)
class _Drain:
    """`answered` is filled by the client's thread; everything else is this worker's."""

    now: datetime
    began: float = field(default_factory=time.monotonic)
    under_way: int = 0
    answered: "SimpleQueue[_Sent]" = field(default_factory=SimpleQueue)

    def present(self) -> datetime:
        return self.now + timedelta(seconds=time.monotonic() - self.began)

    def is_over(self) -> bool:
        return bool(time.monotonic() - self.began > TASK_SECONDS - settings.WEBHOOK_SECONDS)


def deliver_due(*, now: datetime) -> int:
    """Sends until nothing is due, or until its time is up: then another task is woken for the rest. 0: it is done."""
    claiming.settle_ended(now=now)
    drain = _Drain(now)
    while True:
        with awake():
            _work_off(drain)
        if drain.is_over() or not _send_due(drain):
            return 0


def _work_off(drain: _Drain) -> None:
    is_open = True
    while True:
        if is_open and drain.is_over():
            is_open = False
            jobs.wake(KIND)  # another goes on while this one waits for its last answers
        begun = _send_due(drain) if is_open else 0
        if not begun and not drain.under_way:
            return
        _settle_answered(drain)


def _send_due(drain: _Drain) -> int:
    now, room = drain.present(), AT_ONCE - drain.under_way
    claimed = claiming.claim(most=room, now=now) if room > 0 else []
    secrets = claiming.secrets_of({each.endpoint_id for each in claimed}, now=now) if claimed else {}
    if claimed and connection.in_atomic_block:
        raise RuntimeError("webhooks are not sent inside a transaction")
    for each in claimed:
        _send(each, secrets[each.endpoint_id], drain)
    return len(claimed)


def _send(claimed: Claimed, secrets: list[bytes], drain: _Drain) -> None:
    began_at, began = drain.present(), time.monotonic()
    request = http.Request(
        "POST",
        claimed.url,
        headers={
            "Content-Type": "application/json",
            "User-Agent": "Texture-Enrollment-Portal/1",
            **signing.headers(key=claimed.key, body=claimed.body, secrets=secrets, now=began_at),
        },
        body=claimed.body.encode(),
        seconds=settings.WEBHOOK_SECONDS,
        most_bytes=MOST_ANSWER_BYTES,
        is_repeatable=True,
    )

    def note(future: "Future[http.Answer]") -> None:
        drain.answered.put(_Sent(claimed, began_at, time.monotonic() - began, future))

    http.client().submit(request).add_done_callback(note)
    drain.under_way += 1


def _settle_answered(drain: _Drain) -> None:
    """All that have come, after a short wait for the first."""
    answered: list[_Sent] = []
    try:
        answered.append(drain.answered.get(timeout=POLL_SECONDS))
        while True:
            answered.append(drain.answered.get_nowait())
    except Empty:
        pass
    if answered:
        now = drain.present()
        settling.settle([_result(each, now=now) for each in answered], now=now)
        drain.under_way -= len(answered)


def _result(sent: _Sent, *, now: datetime) -> Result:
    try:
        outcome = _outcome(sent.future.result(), now=now)
    except http.OutboundError as fault:
        outcome = outcomes.of_silence(fault.code)
    except Exception as fault:  # of ours, over one answer: the answers to everybody else are settled all the same
        log.error("webhook delivery %s failed in the portal:\n%s", sent.claimed.delivery_id, trace_of(fault))
        outcome = outcomes.of_silence("portal_failed")
    return Result(sent.claimed, outcome, sent.began_at, sent.seconds)


def _outcome(answer: http.Answer, *, now: datetime) -> Outcome:
    retry_after = answer.headers.get("Retry-After")
    return outcomes.of_answer(answer.status, retry_after=retry_after, body=answer.body, now=now)
