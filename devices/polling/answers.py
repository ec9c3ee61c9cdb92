"""What came of a call: something told, a refusal, a wish to be left alone, or a sign that the cloud is sick."""

from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from devices.connectors.pull.errands import Told
from partners import http
from partners.webhooks.outcomes import read_retry_after

OK = "ok"
USUAL_PAUSE = timedelta(seconds=10)  # after a 429 that does not say how long
LONGEST_PAUSE = timedelta(minutes=30)  # whatever it says: devices must not go dark for a day over one header
OURS = {"address_refused"}  # no answer for a reason that is not the cloud's


@dataclass(frozen=True, slots=True)
class Verdict:
    """`is_refused`: the key. `pause`: how long the cloud wants to be left alone. `is_sick`: it is in trouble itself."""

    code: str
    told: Told | None = None
    is_refused: bool = False
    pause: timedelta | None = None
    is_sick: bool = False


def judge(answered: "Future[http.Answer]", *, now: datetime) -> Verdict:
    try:
        answer = answered.result()
    except http.OutboundError as fault:
        return Verdict(fault.code, is_sick=fault.code not in OURS)
    return _of(answer, now=now)


def told_nothing(*, now: datetime) -> Told:
    """For an answer that says what it says by its status."""
    return Told(None, {}, now)


def _of(answer: http.Answer, *, now: datetime) -> Verdict:
    if 200 <= answer.status < 300:
        return _told(answer, now=now)
    code = f"http_{answer.status}"
    said = read_retry_after(answer.headers.get("Retry-After"), now=now)
    match answer.status:
        case 401:
            return Verdict(code, is_refused=True)
        case 429:
            return Verdict(code, pause=min(said or USUAL_PAUSE, LONGEST_PAUSE))
        case 503 if said is not None:
            return Verdict(code, pause=min(said, LONGEST_PAUSE), is_sick=True)
        case _:
            return Verdict(code, is_sick=answer.status >= 500)


def _told(answer: http.Answer, *, now: datetime) -> Verdict:
    if answer.is_cut:
        return Verdict("answer_too_large")
    try:
        return Verdict(OK, Told(orjson.loads(answer.body), answer.headers, now))
    except orjson.JSONDecodeError:
        return Verdict("answer_malformed", is_sick=True)
