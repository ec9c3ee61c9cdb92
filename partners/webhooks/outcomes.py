"""What an answer means, and when to try again (contract §9). Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=4)
LONGEST_RETRY_AFTER = timedelta(hours=24)
FAILURES_BEFORE_REST = 3  # in a row, at one endpoint
LONGEST_REST = timedelta(minutes=5)  # then it is knocked at again, once
GONE = 410
LONGEST_ANSWER = 2000  # characters

SECRETS = re.compile(r"(whsec_|v1,|(?:Bearer|Basic)\s+)[^\s\"'<>]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`code`: `delivered`, `http_503`, or why no answer came. `retry_after`: how long the receiver wants to be left."""

    code: str
    status: int | None = None
    retry_after: timedelta | None = None
    answer: str = ""

    @property
    def is_delivered(self) -> bool:
        return self.code == "delivered"

    @property
    def is_gone(self) -> bool:
        return self.status == GONE


def of_answer(status: int, *, retry_after: str | None, body: bytes, now: datetime) -> Outcome:
    code = "delivered" if 200 <= status < 300 else f"http_{status}"
    return Outcome(code, status, read_retry_after(retry_after, now=now), excerpt(body))


def of_silence(code: str) -> Outcome:
    return Outcome(code)


def excerpt(body: bytes) -> str:
    """The beginning of an answer, printable, without what looks like a secret or one of our own signatures."""
    text = body[: 4 * LONGEST_ANSWER].decode("utf-8", "replace")
    plain = "".join(character if character.isprintable() or character == "\n" else " " for character in text)
    return SECRETS.sub(r"\1(withheld)", plain)[:LONGEST_ANSWER].strip()


def read_retry_after(value: str | None, *, now: datetime) -> timedelta | None:
    """Seconds or a date (RFC 9110); anything else says nothing. A day at most."""
    text = (value or "").strip()
    if re.fullmatch(r"\d{1,9}", text, re.ASCII):
        return min(timedelta(seconds=int(text)), LONGEST_RETRY_AFTER)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the latter for a year of eleven digits
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(timedelta(), min(until - now, LONGEST_RETRY_AFTER))


def next_attempt(
    outcome: Outcome, *, attempts: int, now: datetime, give_up_at: datetime, jitter: Callable[[], float]
) -> datetime | None:
    """After so many failed attempts; the last one is at `give_up_at`, and then None. `jitter` gives 0 to 1."""
    if now >= give_up_at:
        return None
    wait: timedelta = min(FIRST_WAIT * 2 ** min(attempts - 1, 20), LONGEST_WAIT) * (0.5 + jitter() / 2)
    return min(now + max(wait, outcome.retry_after or wait), give_up_at)


def rest_until(outcome: Outcome, *, failures: int, now: datetime) -> datetime | None:
    """How long the endpoint is left alone after so many failures in a row, whatever waits for it; None: not at all."""
    if outcome.retry_after is not None:
        return now + outcome.retry_after
    if failures < FAILURES_BEFORE_REST:
        return None
    rest: timedelta = min(FIRST_WAIT * 2 ** min(failures - FAILURES_BEFORE_REST, 10), LONGEST_REST)
    return now + rest
