"""Asking a geocoder over HTTP: within a time for the whole, and without a trace of the address in any log or error."""

import logging
import threading
import time
from contextvars import ContextVar
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from territories.geocoding.base import GeocoderUnavailableError
from texture_portal import clock

ATTEMPTS = 2
PASSING_FAULTS = frozenset({500, 502, 503, 504})
MOST_BYTES = 32 * 1024 * 1024  # the answer to 10,000 addresses is about 2 MiB
PIECE = 64 * 1024

_local = threading.local()
_asking: ContextVar[bool] = ContextVar("asking", default=False)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    status: int
    body: bytes


def ask(method: str, url: str, *, seconds: float, **request: Any) -> HttpAnswer:
    """Asked once more where the first answer is a passing fault, both within `seconds`.

    Raises GeocoderUnavailableError. (urllib3's own retries would log the address.)
    """
    deadline = time.monotonic() + seconds
    mark = _asking.set(True)
    try:
        for attempts_left in reversed(range(ATTEMPTS)):
            try:
                return _ask(method, url, deadline=deadline, request=request)
            except _PassingError as fault:
                if not attempts_left or time.monotonic() >= deadline:
                    raise GeocoderUnavailableError(fault.reason, retry_after=fault.retry_after) from None
    finally:
        _asking.reset(mark)
    raise AssertionError("ATTEMPTS is at least one")


class _PassingError(Exception):
    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.retry_after = reason, retry_after


def _ask(method: str, url: str, *, deadline: float, request: dict[str, Any]) -> HttpAnswer:
    left = max(0.01, deadline - time.monotonic())
    try:
        with _session().request(
            method, url, timeout=(left, left), stream=True, allow_redirects=False, **request
        ) as answer:
            _check(answer)
            return HttpAnswer(answer.status_code, _read(answer, deadline=deadline))
    except (requests.ConnectionError, requests.Timeout, HTTPError) as fault:
        raise _PassingError(_out_of_reach(fault)) from None
    except requests.RequestException as fault:
        raise GeocoderUnavailableError(_out_of_reach(fault)) from None


def _check(answer: requests.Response) -> None:
    if answer.status_code == requests.codes.too_many_requests:  # asked again at once, it would only be angrier
        raise GeocoderUnavailableError("it answers 429", retry_after=_retry_after(answer))
    if answer.status_code in PASSING_FAULTS:
        raise _PassingError(f"it answers {answer.status_code}", retry_after=_retry_after(answer))


def _read(answer: requests.Response, *, deadline: float) -> bytes:
    """Piece by piece, since a time-out is only for each: an answer that drips is as slow as one that does not come."""
    body = bytearray()
    while piece := answer.raw.read1(PIECE, decode_content=True):
        body += piece
        if time.monotonic() > deadline:
            raise requests.Timeout
        if len(body) > MOST_BYTES:
            raise GeocoderUnavailableError("its answer is too large")
    return bytes(body)


def _retry_after(answer: requests.Response) -> float | None:
    """Seconds, or a date (RFC 9110 §10.2.3)."""
    said = answer.headers.get("Retry-After", "").strip()
    if said.isdecimal():
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - clock.now()).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def _out_of_reach(fault: Exception) -> str:
    return f"it cannot be reached ({type(fault).__name__})"


def _session() -> requests.Session:
    """One a thread: a session's pool may be shared, its cookies and state should not."""
    if not hasattr(_local, "session"):
        _local.session = requests.Session()
    session: requests.Session = _local.session
    return session


def close() -> None:
    """This thread's connections."""
    _session().close()


def _while_not_asking(_: logging.LogRecord) -> bool:
    """urllib3 logs the URLs it asks at level DEBUG, and here the URL is somebody's address."""
    return not _asking.get()


for name in ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry"):
    logging.getLogger(name).addFilter(_while_not_asking)
