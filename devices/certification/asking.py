"""Calls of one cloud for one check: within its limits, again where it fails for a moment, and each of them noted.

Nothing here is counted as real traffic (`devices.polling.call_log`): scorecards are about that.
"""

import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import connection as database

from devices.certification.facts import REFUSED, CallMade
from devices.connections.access import Authorization, authorize, renew_after_401
from devices.connections.breaking import ConnectionBrokenError, ConnectionUnavailableError
from devices.connectors.pull.documents import Document
from devices.connectors.pull.errands import AnswerError, Ask, Errand, Outcome, Told
from devices.models import Connection
from devices.polling import answers, limits
from devices.polling.answers import Verdict
from devices.polling.trips import Trip
from partners import http

TRIES = 3  # as polling would ask again the next time
LONGEST_PAUSE = 5.0
LONGEST_WAIT = 20.0  # for a moment within the cloud's limits


class StepError(Exception):
    """The cloud cannot be asked: the requirement is not met. The message is a sentence; `code` says it in short."""

    def __init__(self, code: str, said: str = "") -> None:
        super().__init__(said or f"The cloud did not answer as it should: {code}.")
        self.code = code


class NotNowError(Exception):
    """It cannot be tried at present: nothing is shown, and nobody is blamed. The message says why."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call that went out: `answer` None where none came, and `body` what it was as JSON."""

    verdict: Verdict
    answer: http.Answer | None
    seconds: float

    @property
    def code(self) -> str:
        return self.verdict.code

    @property
    def body(self) -> Any:
        try:
            return orjson.loads(self.answer.body) if self.answer else None
        except orjson.JSONDecodeError:
            return None


@dataclass(eq=False, slots=True, kw_only=True)
class CheckTrip(Trip):
    @property
    def title(self) -> str:
        return f"a check of cloud {self.cloud.pk}"


@dataclass(slots=True)
class Asker:
    """`until` is when whoever asks has to be through (`time.monotonic`); `rests`: seconds before it asks again, where
    the cloud does not say."""

    connection: Connection
    document: Document
    now: datetime
    until: float
    rests: float
    calls: list[CallMade] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    key: Authorization | None = None

    def present(self) -> datetime:
        return self.now + timedelta(seconds=time.monotonic() - self.began)

    def walk(self, errand: Errand) -> Outcome:
        """Call after call, until the errand is home. Raises `StepError`."""
        trip = self._trip(errand)
        try:
            is_home = trip.begin()
            while not is_home:
                is_home = trip.go_on(self._told(trip))
        except AnswerError as wrong:
            raise StepError(wrong.fault.code, str(wrong.fault)) from None
        if trip.outcome is None:
            raise LookupError("an errand ended without an outcome")
        return trip.outcome

    def once(self, ask: Ask, *, key: Authorization | None = None, is_noted: bool = True) -> Exchange:
        """A single call, whatever the answer is; by another key than the connection's where one is given."""
        trip = self._trip(_single(ask))
        trip.begin()
        trip.key = key or self.authorization()
        self._wait_for_turn(trip)
        return self._exchange(trip, is_noted=is_noted)

    def until_answered(self, ask: Ask) -> Exchange:
        """The same again where the cloud failed for a moment. Only of what is safe to do twice."""
        trip = self._trip(_single(ask))
        trip.begin()
        return self._tried(trip)

    def together(self, asks: Sequence[Ask]) -> list[Exchange]:
        """At the moments that the limits give them, without waiting for each other."""
        trips = []
        for ask in asks:
            trip = self._trip(_single(ask))
            trip.begin()
            trip.key = self.authorization()
            trips.append(trip)
        begins, under_way = time.monotonic(), []
        for trip, moment in zip(trips, self._moments(trips), strict=True):
            time.sleep(max(0.0, begins + moment - time.monotonic()))
            under_way.append((trip, _sent(trip)))
        return [self._back(trip, sent) for trip, sent in under_way]

    def authorization(self) -> Authorization:
        """Raises `StepError`."""
        try:
            self.key = self.key or authorize(self.connection, now=self.present())
        except (ConnectionBrokenError, ConnectionUnavailableError) as closed:
            raise _closed(closed) from None
        return self.key

    def _told(self, trip: CheckTrip) -> Told:
        came = self._tried(trip)
        if came.verdict.told is None:
            raise StepError(came.code)
        return came.verdict.told

    def _tried(self, trip: CheckTrip) -> Exchange:
        """As polling asks: with a new token after a refusal, and again after a while where the cloud is in trouble."""
        for attempt in range(TRIES):
            trip.key = self.authorization()
            self._wait_for_turn(trip)
            came = self._exchange(trip)
            if came.verdict.told is not None or attempt == TRIES - 1:
                return came
            if came.verdict.is_refused:
                self._renew(trip.key)
            elif came.verdict.is_sick or came.verdict.pause is not None:
                self.pause(came.verdict.pause)
            else:
                return came
        raise LookupError("there is always a last try")

    def _renew(self, used: Authorization) -> None:
        try:
            self.key = renew_after_401(self.connection, used, now=self.present())
        except (ConnectionBrokenError, ConnectionUnavailableError) as closed:
            raise _closed(closed) from None

    def pause(self, said: timedelta | None = None) -> None:
        seconds = self.rests if said is None else min(said.total_seconds(), LONGEST_PAUSE)
        self._check_time(seconds=seconds)
        time.sleep(seconds)

    def _exchange(self, trip: CheckTrip, *, is_noted: bool = True) -> Exchange:
        if database.in_atomic_block:
            raise RuntimeError("a cloud is not asked inside a transaction")
        return self._back(trip, _sent(trip), is_noted=is_noted)

    def _back(self, trip: CheckTrip, sent: "_Sent", *, is_noted: bool = True) -> Exchange:
        is_away = sent.future.exception() is not None
        came = Exchange(
            answers.judge(sent.future, now=self.present()), None if is_away else sent.future.result(), sent.seconds
        )  # fmt: skip
        if is_noted:
            self.calls.append(CallMade(trip.ask.call.name, trip.ask.call.category, came.code, came.seconds))
        return came

    def _check_time(self, *, seconds: float = 0.0) -> None:
        """Whether there is so much left. Raises `StepError`."""
        if time.monotonic() + seconds > self.until:
            raise StepError("out_of_time", "The cloud took longer than a check may last.")

    def _trip(self, errand: Errand) -> CheckTrip:
        self._check_time()
        return CheckTrip(
            cloud=self.connection.cloud, connection=self.connection, document=self.document, errand=errand
        )  # fmt: skip

    def _wait_for_turn(self, trip: CheckTrip) -> None:
        [moment] = self._moments([trip])
        time.sleep(moment)

    def _moments(self, trips: Sequence[CheckTrip]) -> list[float]:
        """Seconds until each may go out. Raises `StepError` also where that would be too late: a list may have pages
        without end."""
        cloud, category = trips[0].lane[0], trips[0].lane[1]
        try:
            documented = limits.limits_of(trips[0].cloud, self.document.limits)
            limit = documented.get(category, limits.USUAL)
            found = limits.reserve(trips[0].cloud, category, limit, count=len(trips), within=LONGEST_WAIT)
        except limits.NoRoomError:
            found = []
        except limits.LimitFormError as wrong:
            raise StepError("limit_unreadable", str(wrong)) from None
        if len(found) < len(trips):
            raise StepError("limit_reached", f"The limit of {category} calls leaves no room for {len(trips)} calls.")
        if {each.lane for each in trips} != {(cloud, category)}:
            raise LookupError("calls that go out together are of one category")
        self._check_time(seconds=max(found, default=0.0))
        return found


@dataclass(slots=True)
class _Sent:
    """`took`: seconds until the answer was there, whenever somebody looks."""

    future: "Future[http.Answer]"
    began: float
    took: list[float] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return self.took[0] if self.took else time.monotonic() - self.began


def _sent(trip: CheckTrip) -> _Sent:
    sent = _Sent(http.client().submit(trip.request()), time.monotonic())
    sent.future.add_done_callback(lambda _: sent.took.append(time.monotonic() - sent.began))
    return sent


def _single(ask: Ask) -> Errand:
    yield ask
    return Outcome()


def _closed(closed: Exception) -> StepError:
    code = getattr(closed, "reason", None) or getattr(closed, "code", REFUSED)
    return StepError(f"connection_{code}", f"The connection does not open the cloud: {str(code).replace('_', ' ')}.")
