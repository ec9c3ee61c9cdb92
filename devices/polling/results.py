"""What trips bring home, written down together: readings first, then the rows, so that nothing is settled too early."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from devices.connectors.pull.faults import Fault
from devices.models import Cloud, Poll, ReadingRefusal
from devices.polling import discovery, settling
from devices.polling.call_log import CallLog
from devices.polling.settling import Settled
from devices.polling.trips import AT_REST, NOBODY, OK, PollTrip, Trip
from devices.telemetry import refusing
from devices.telemetry.taking import Observed, take

FULL = 2000


@dataclass(slots=True)
class Results:
    calls: CallLog
    observed: dict[UUID, list[Observed]] = field(default_factory=lambda: defaultdict(list))
    asked: dict[UUID, Cloud] = field(default_factory=dict)
    settled: list[Settled] = field(default_factory=list)
    readings: int = 0
    accepted: int = 0

    @property
    def is_full(self) -> bool:
        return sum(map(len, self.observed.values())) >= FULL

    def add(
        self, trip: Trip, outcome: str, *, faults: list[Fault], wait: timedelta | None, brought: bool, now: datetime
    ) -> None:
        if not isinstance(trip, PollTrip):
            raise TypeError(f"{trip.title} is no poll")
        poll, told = trip.poll, list(faults)
        if brought and trip.outcome is not None:
            told += trip.outcome.faults
            if poll.kind == Poll.Kind.DISCOVERY and trip.document is not None:
                told += discovery.keep(poll, trip.document, trip.outcome, now=now)
                outcome = OK if discovery.is_whole(trip.outcome) else "items_missing"
            else:
                self._observe(trip, now=now)
        self.settled.append(
            Settled(
                poll,
                outcome,
                settling.every(poll, polled_every=trip.cloud.polled_every),
                faults=told,
                wait=wait,
                covered_to=trip.covered_to if brought else None,
                is_idle=outcome == NOBODY,
                is_at_rest=outcome == AT_REST,
            )
        )

    def flush(self, *, now: datetime) -> None:
        """Done twice, after a crash in between, it changes nothing: readings are taken once."""
        observed, self.observed = self.observed, defaultdict(list)
        for cloud, readings in observed.items():
            partner = self.asked[cloud].partner
            taken = take(partner, readings, now=now)
            refused = Counter(each.code for each in taken.rejected)
            refusing.note(partner.pk, ReadingRefusal.Way.POLLING, refused, now=now)
            self.readings += len(readings)
            self.accepted += taken.accepted
        settled, self.settled = self.settled, []
        settling.settle(settled, now=now)

    def _observe(self, trip: PollTrip, *, now: datetime) -> None:
        seen = trip.outcome.seen if trip.outcome else []
        readings = [
            Observed(each.id, each.observation.observed_at, each.observation.state, each.observation.counters)
            for each in seen
            if each.observation.observed_at is not None
        ]
        self.asked.setdefault(trip.cloud.pk, trip.cloud)
        self.observed[trip.cloud.pk] += readings
        if trip.calls:
            call, category = trip.calls[0]
            maker_of = trip.maker_of if trip.is_of_makers else {}
            ages = ((maker_of.get(each.manufacturer_device_id, ""), each.observed_at) for each in readings)
            self.calls.note_ages(trip.cloud.pk, call, category, observed=ages, now=now)
