"""Running errands, many at once: each call at a moment that the cloud's limits give, outside any transaction.

One thread, this worker's, drives everything: the client's own thread moves the bytes, a few others renew tokens. A
cloud that hangs, fails or says to wait holds up its own errands and no other's.
"""

import heapq
import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Collection
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from queue import Empty, SimpleQueue
from uuid import UUID

from django.db import connection as database

from devices.connections.access import Authorization
from devices.connectors.pull.errands import AnswerError
from devices.connectors.pull.faults import Fault
from devices.models import Cloud
from devices.polling import claiming, limits, standing
from devices.polling.answers import Verdict
from devices.polling.call_log import CallLog
from devices.polling.desk import Desk, PollDesk
from devices.polling.keys import KeyRing, KeyUnavailableError
from devices.polling.trips import Trip, Workshop
from partners import http
from texture_portal.traces import trace_of

log = logging.getLogger(__name__)
AT_ONCE = 400  # calls of one worker, over all clouds
HORIZON = 1.0  # seconds for which moments are reserved ahead
LONGEST_WAIT = 15.0  # seconds for a moment: what must wait longer goes home, and leaves this worker to others
POLL_SECONDS = 0.2
CLAIM_EVERY = 0.25
FLUSH_EVERY = 1.0
Lane = tuple[UUID, str]  # a cloud and a category of its calls


@dataclass(frozen=True, slots=True)
class _Back:
    """What came: an answer, or the key that a call waited for."""

    trip: Trip
    future: "Future[http.Answer] | Future[Authorization]"
    seconds: float
    began_at: datetime
    is_key: bool = False


@dataclass(slots=True)
class Drive:
    """`open_for`: seconds during which rows are claimed; what is under way then is brought home."""

    now: datetime
    kinds: Collection[str] = claiming.STATES
    open_for: float = 35.0
    clouds: Collection[UUID] | None = None
    began: float = field(default_factory=time.monotonic)
    desk_of: Callable[[Workshop, CallLog], Desk] | None = None
    workshop: Workshop = field(default_factory=Workshop)
    keys: KeyRing = field(default_factory=KeyRing)
    calls: CallLog = field(default_factory=CallLog)
    back: "SimpleQueue[_Back]" = field(default_factory=SimpleQueue)
    waiting: dict[Lane, deque[Trip]] = field(default_factory=lambda: defaultdict(deque))
    reserved: dict[Lane, int] = field(default_factory=lambda: defaultdict(int))
    moments: list[tuple[float, int, Lane]] = field(default_factory=list)
    trips: dict[UUID, set[Trip]] = field(default_factory=lambda: defaultdict(set))
    in_flight: int = 0
    numbers: "count[int]" = field(default_factory=count)
    desk: Desk = field(init=False)
    done: int = 0

    def __post_init__(self) -> None:
        made = self.desk_of(self.workshop, self.calls) if self.desk_of else None
        self.desk = made or PollDesk(self.calls, workshop=self.workshop, kinds=self.kinds)

    def run(self) -> int:
        """Until nothing is due, or its time is up; how many rows were settled."""
        try:
            self._run()
        finally:
            self.desk.flush(now=self.present())
            self.calls.write()
            self.keys.close()
        return self.done

    def present(self) -> datetime:
        return self.now + timedelta(seconds=time.monotonic() - self.began)

    def _run(self) -> None:
        claimed_at = flushed_at = -60.0
        while True:
            elapsed = time.monotonic() - self.began
            is_open, is_home = elapsed < self.open_for, not any(self.trips.values())
            if is_open and (is_home or elapsed - claimed_at >= CLAIM_EVERY):
                claimed_at = elapsed
                self.desk.flush(now=self.present())  # what is home makes room for more
                self._claim()
            if not any(self.trips.values()):
                if not is_open or is_home:
                    return
                continue  # what was claimed had nothing to ask: there may be more
            self._reserve()
            self._send()
            self._collect()
            if time.monotonic() - flushed_at > FLUSH_EVERY or self.desk.is_full:
                flushed_at = time.monotonic()
                self.desk.flush(now=self.present())
                self.calls.write()
            if not is_open:
                self._give_back_waiting()

    # -- rows become trips ---------------------------------------------------------------------------------------

    def _claim(self) -> None:
        now = self.present()
        for cloud in self.desk.clouds(now=now):
            if self.clouds is not None and cloud.pk not in self.clouds:
                continue
            room = min(self.workshop.most_at_once(cloud, self.desk.category), AT_ONCE)
            if len(self.trips[cloud.pk]) <= room // 2:
                for trip in self.desk.trips(cloud, most=room, now=now):
                    if database.in_atomic_block:
                        raise RuntimeError("clouds are not asked inside a transaction")
                    self.trips[cloud.pk].add(trip)
                    self._go_on(trip, trip.begin)

    def _go_on(self, trip: Trip, step: Callable[[], bool]) -> None:
        """To its next call, or home. What goes wrong with one is its own trouble."""
        try:
            is_home = step()
        except AnswerError as wrong:
            self._home(trip, wrong.fault.code, faults=[wrong.fault])
            return
        except Exception as fault:
            log.error("%s failed in the portal:\n%s", trip.title, trace_of(fault))
            self._home(trip, "portal_failed")
            return
        if is_home:
            self._home(trip, trip.outcome_code, brought=True)
        else:
            self._authorize(trip)

    def _home(
        self, trip: Trip, outcome: str, *, faults: list[Fault] | None = None, wait: timedelta | None = None,
        brought: bool = False,
    ) -> None:  # fmt: skip
        self.trips[trip.cloud.pk].discard(trip)
        self.desk.add(trip, outcome, faults=faults or [], wait=wait, brought=brought, now=self.present())
        self.done += 1

    def _authorize(self, trip: Trip) -> None:
        if (key := self.keys.at_hand(trip.connection)) is not None:
            trip.key = key
            self.waiting[trip.lane].append(trip)
            return
        future = self.keys.fetch(trip.connection, used=trip.key if trip.was_refused else None, now=self.present())
        self._await(trip, future, is_key=True)

    # -- calls go out at their moments ---------------------------------------------------------------------------

    def _reserve(self) -> None:
        """Moments for those that wait and have none, no further ahead than the horizon."""
        for lane, queue in self.waiting.items():
            if not (wanted := len(queue) - self.reserved[lane]) > 0:
                continue
            cloud, limit = queue[0].cloud, self.workshop.limit(queue[0].cloud, lane[1])
            most = max(1, int(limit.per_second * HORIZON)) + limit.burst - self.reserved[lane]
            if most > 0:
                begins = time.monotonic()
                try:
                    moments = limits.reserve(cloud, lane[1], limit, count=min(wanted, most), within=LONGEST_WAIT)
                except limits.NoRoomError as full:
                    self._send_home(lane, "limit_reached", wait=full.wait)
                    continue
                for seconds in moments:
                    heapq.heappush(self.moments, (begins + seconds, next(self.numbers), lane))
                    self.reserved[lane] += 1

    def _send(self) -> None:
        while self.moments and self.in_flight < AT_ONCE and self.moments[0][0] <= time.monotonic():
            _, _, lane = heapq.heappop(self.moments)
            self.reserved[lane] -= 1
            if self.waiting[lane]:  # else it went home meanwhile, and its moment passes unused
                trip = self.waiting[lane].popleft()
                try:
                    request = trip.request()
                except AnswerError as wrong:
                    self._home(trip, wrong.fault.code, faults=[wrong.fault])
                    continue
                self.in_flight += 1
                self._await(trip, http.client().submit(request))

    def _await(
        self, trip: Trip, future: "Future[http.Answer] | Future[Authorization]", *, is_key: bool = False
    ) -> None:
        began, began_at = time.monotonic(), self.present()

        def note(done: "Future[http.Answer] | Future[Authorization]") -> None:
            self.back.put(_Back(trip, done, time.monotonic() - began, began_at, is_key))

        future.add_done_callback(note)

    # -- and come back -------------------------------------------------------------------------------------------

    def _collect(self) -> None:
        """All that have come, after a short wait for the first."""
        until_next = (
            self.moments[0][0] - time.monotonic() if self.moments and self.in_flight < AT_ONCE else POLL_SECONDS
        )
        try:
            self._take_back(self.back.get(timeout=min(max(until_next, 0.001), POLL_SECONDS)))
            for _ in range(AT_ONCE):
                self._take_back(self.back.get_nowait())
        except Empty:
            pass

    def _take_back(self, came: _Back) -> None:
        if came.is_key:
            self._take_key(came)
            return
        self.in_flight -= 1
        trip, now = came.trip, self.present()
        verdict = trip.judge(came.future, now=now)  # type: ignore[arg-type]
        self.calls.note(
            trip.cloud.pk, trip.ask.call.name, trip.ask.call.category,
            outcome=verdict.code, seconds=came.seconds, now=now, makers=trip.makers,
        )  # fmt: skip
        if verdict.told is not None:
            self.workshop.well(trip.cloud, now=now)
            told = verdict.told
            self._go_on(trip, lambda: trip.go_on(told))
        elif verdict.is_refused and not trip.was_refused:
            trip.was_refused = True
            self.keys.forget(trip.connection)
            self._authorize(trip)
        else:
            self._fail(trip, verdict, began_at=came.began_at)

    def _fail(self, trip: Trip, verdict: Verdict, *, began_at: datetime) -> None:
        now = self.present()
        if verdict.pause is not None:
            limits.hold_back(trip.cloud, trip.lane[1], pause=verdict.pause)
            self._home(trip, verdict.code, wait=verdict.pause)
            self._send_home(trip.lane, verdict.code, wait=verdict.pause)
            return
        self._home(trip, verdict.code)
        if verdict.is_sick:
            rests_until = standing.note_failure(trip.cloud, began_at=began_at, now=now)
            self.workshop.sick(trip.cloud)
            if rests_until is not None and rests_until > now:
                for lane in [lane for lane in self.waiting if lane[0] == trip.cloud.pk]:
                    self._send_home(lane, "cloud_rests", wait=rests_until - now)

    def _take_key(self, came: _Back) -> None:
        trip = came.trip
        try:
            trip.key = self.keys.keep(trip.connection, came.future)  # type: ignore[arg-type]
        except KeyUnavailableError as unavailable:
            self._home(trip, unavailable.code, wait=unavailable.wait)
        except Exception as fault:
            log.error("no key for %s:\n%s", trip.title, trace_of(fault))
            self._home(trip, "portal_failed")
        else:
            self.waiting[trip.lane].append(trip)

    def _send_home(self, lane: Lane, outcome: str, *, wait: timedelta) -> None:
        queue = self.waiting[lane]
        while queue:
            self._home(queue.popleft(), outcome, wait=wait)

    def _give_back_waiting(self) -> None:
        """Time is up: what has not been asked yet is another task's, at once."""
        for lane in list(self.waiting):
            self._send_home(lane, "given_back", wait=timedelta())


def drive_cloud(cloud: Cloud, *, kinds: Collection[str], now: datetime, open_for: float) -> int:
    """One cloud's alone."""
    return Drive(now, kinds=kinds, open_for=open_for, clouds={cloud.pk}).run()
