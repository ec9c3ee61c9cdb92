"""Where the drive gets its trips from, and where what they bring goes: rows to poll, or other work at clouds."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from devices.connectors.pull.faults import Fault
from devices.models import Cloud
from devices.polling import claiming
from devices.polling.results import Results
from devices.polling.trips import Trip, Workshop


class Desk(Protocol):
    """Where trips come from, and what they bring goes. `category` is that of the calls that bound how many."""

    @property
    def category(self) -> str: ...

    @property
    def is_full(self) -> bool: ...

    def clouds(self, *, now: datetime) -> list[Cloud]: ...

    def trips(self, cloud: Cloud, *, most: int, now: datetime) -> Iterable[Trip]: ...

    def add(
        self, trip: Trip, outcome: str, *, faults: list[Fault], wait: timedelta | None, brought: bool, now: datetime
    ) -> None: ...

    def flush(self, *, now: datetime) -> None: ...


@dataclass(slots=True)
class PollDesk(Results):
    """Rows of `Poll`."""

    workshop: Workshop = field(default_factory=Workshop)
    kinds: Collection[str] = claiming.STATES
    category: str = "telemetry"

    def clouds(self, *, now: datetime) -> list[Cloud]:
        return claiming.clouds_with_something_due(kinds=self.kinds, now=now)

    def trips(self, cloud: Cloud, *, most: int, now: datetime) -> Iterable[Trip]:
        return self.workshop.trips(cloud, claiming.claim(cloud, most=most, kinds=self.kinds, now=now), now=now)
