"""What every type of event has."""

from abc import ABC, abstractmethod
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

from enrollments.events.fields import EventData
from enrollments.models import Enrollment, PartnerEvent
from enrollments.models.event import EventType
from texture_portal.actors import Actor

Status = PartnerEvent.Status


class Kind(ABC):
    """One type of event: what it must say, by when it must take effect, and what it does."""

    name: ClassVar[EventType]
    within: ClassVar[timedelta]  # §11.6, contract §4
    data: ClassVar[type[EventData]]
    fact: ClassVar[str]  # the time in `data` by which it is sequenced
    taken_always: ClassVar[bool] = False  # contract §2.6
    kept_for_unknown_device: ClassVar[bool] = False
    strikes_grants: ClassVar[bool] = False  # every grant until then, in whichever enrollment of the device

    def look(self, data: dict[str, Any]) -> Any:
        """Asks outside, before any transaction, for what `apply` needs."""
        return None

    @abstractmethod
    def apply(
        self, enrollment: Enrollment, event: PartnerEvent, data: dict[str, Any], found: Any, *, now: datetime, by: Actor
    ) -> Status:
        """What became of it; `accepted`: nothing yet, it is to be tried again. The caller holds the enrollment."""

    def fact_at(self, data: dict[str, Any], *, occurred_at: datetime) -> datetime:
        fact: datetime | date = data[self.fact]
        if isinstance(fact, datetime):
            return fact
        end_of_day = datetime.combine(fact, time.max, tzinfo=UTC)  # a day is no instant: what it says beside decides
        return min(occurred_at, end_of_day)
