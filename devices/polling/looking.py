"""What a connection reaches, asked of the cloud at once: for a person who waits in front of a page.

The cloud's limits hold here too; nothing is kept.
"""

import time
from datetime import datetime

from django.db import connection as database

from devices.connections.access import Authorization, authorize, renew_after_401
from devices.connections.breaking import ConnectionBrokenError, ConnectionUnavailableError
from devices.connectors.pull import errands
from devices.connectors.pull.documents import Document
from devices.connectors.pull.errands import AnswerError, Errand, Outcome, Told
from devices.connectors.pull.faults import DocumentError
from devices.connectors.pull.finding import Found, Kept
from devices.connectors.pull.parsing import parse
from devices.models import Connection, Poll
from devices.polling import answers, limits
from devices.polling.trips import PollTrip, Trip, Workshop
from partners import http

LONGEST_WAIT = 8.0  # seconds for a moment within the cloud's limits
MOST_CALLS = 60  # a person's account has a few sites


class NotSeenError(Exception):
    """The cloud did not say what there is; `code` says why. `is_ours`: trying again will not help."""

    def __init__(self, code: str, *, is_ours: bool = False) -> None:
        super().__init__(code)
        self.code, self.is_ours = code, is_ours


def look(connection: Connection, *, now: datetime) -> list[Found]:
    """Every device that it lists, in its order. Call it outside any transaction. Raises `NotSeenError`."""
    if database.in_atomic_block:
        raise RuntimeError("a cloud is not asked inside a transaction")
    try:
        document = parse(connection.cloud.document)
        return _Look(connection, document, now).run()
    except DocumentError as wrong:
        raise NotSeenError(wrong.faults[0].code, is_ours=True) from None
    except AnswerError as wrong:
        raise NotSeenError(wrong.fault.code, is_ours=True) from None
    except ConnectionBrokenError as broken:
        raise NotSeenError(f"connection_{broken.reason}") from None
    except ConnectionUnavailableError as away:
        raise NotSeenError(away.code) from None
    except limits.NoRoomError:
        raise NotSeenError("limit_reached") from None


class _Look:
    def __init__(self, connection: Connection, document: Document, now: datetime) -> None:
        self._connection, self._document, self._now = connection, document, now
        self._key: Authorization = authorize(connection, now=now)
        self._workshop, self._left = Workshop(), MOST_CALLS

    def run(self) -> list[Found]:
        before: list[Kept] = [{}]
        found: dict[str, Found] = {}
        for step in range(len(self._document.discovery)):
            outcomes = [self._walk(errands.discover(self._document, step=step, kept=kept)) for kept in before]
            before = [kept for outcome in outcomes for kept in outcome.steps]
            found |= {each.id: each for outcome in outcomes for each in outcome.found}
        return list(found.values())

    def _walk(self, errand: Errand) -> Outcome:
        poll = Poll(cloud=self._connection.cloud, connection=self._connection, kind=Poll.Kind.DISCOVERY)
        trip = PollTrip(
            poll=poll, cloud=self._connection.cloud, connection=self._connection, document=self._document, errand=errand
        )  # fmt: skip
        is_home = trip.begin()
        while not is_home:
            is_home = trip.go_on(self._ask(trip))
        if trip.outcome is None:
            raise LookupError("an errand ended without an outcome")
        if any(fault.code == "items_missing" for fault in trip.outcome.faults):
            raise NotSeenError("items_missing", is_ours=True)
        return trip.outcome

    def _ask(self, trip: Trip, *, was_refused: bool = False) -> Told:
        self._wait_for_turn(trip)
        trip.key = self._key
        verdict = answers.judge(http.client().submit(trip.request()), now=self._now)
        if verdict.told is not None:
            return verdict.told
        if verdict.is_refused and not was_refused:
            self._key = renew_after_401(self._connection, self._key, now=self._now)
            return self._ask(trip, was_refused=True)
        if verdict.pause is not None:
            limits.hold_back(trip.cloud, trip.lane[1], pause=verdict.pause)
        raise NotSeenError(verdict.code)

    def _wait_for_turn(self, trip: Trip) -> None:
        if self._left == 0:
            raise NotSeenError("too_many_calls", is_ours=True)
        self._left -= 1
        limit = self._workshop.limit(trip.cloud, trip.lane[1])
        time.sleep(limits.reserve(trip.cloud, trip.lane[1], limit, count=1, within=LONGEST_WAIT)[0])
