"""For how long a device was an enrollment's customer's: it keeps its row, and with it what it tells, when it changes
hands."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import attrgetter, or_
from uuid import UUID

from django.db.models import Q

from devices.models import Device
from enrollments.models import Enrollment
from enrollments.states import State
from partners.models import Customer

OVER = (State.OPTED_OUT, State.REVOKED)


@dataclass(frozen=True, slots=True)
class Tenure:
    """Half-open. `since` None: nobody had it before, so that readings that come late are theirs too; `until` None:
    nobody has had it since."""

    since: datetime | None
    until: datetime | None

    def within(self, moment: str) -> Q:
        """Rows whose `moment` falls into it."""
        since = Q(**{f"{moment}__gte": self.since}) if self.since else Q()
        return since & (Q(**{f"{moment}__lt": self.until}) if self.until else Q())

    def overlaps(self, start: str, end: str) -> Q:
        """Rows of a time, or of one moment, some of which falls into it."""
        since = Q(**{f"{end}__gt": self.since}) | Q(**{f"{start}__gte": self.since}) if self.since else Q()
        return since & (Q(**{f"{start}__lt": self.until}) if self.until else Q())


def tenure(enrollment: Enrollment) -> Tenure:
    """Until the next enrollment of the device by another customer: between the two nobody else had it."""
    others = Enrollment.objects.filter(device=enrollment.device_id).exclude(customer=enrollment.customer_id)
    after = others.filter(created_at__gt=enrollment.created_at).order_by("created_at")
    had_before = others.filter(created_at__lt=enrollment.created_at).exists()
    return Tenure(
        since=enrollment.created_at if had_before else None,
        until=after.values_list("created_at", flat=True).first(),
    )


def ended_at(enrollment: Enrollment) -> datetime | None:
    """Since when it is over, by its chain; None: it is not, or its chain is purged."""
    ended = None
    entries = Enrollment.history.filter(ledger_id=enrollment.pk).order_by("sequence")
    for state, at in entries.values_list("state", "history_date"):
        ended = (ended or at) if state in OVER else None
    return ended


WHOLE = Tenure(since=None, until=None)
NONE = Q(pk__in=[])


@dataclass(frozen=True, slots=True)
class Held:
    """A device, and a time for which it was somebody's. They may have had it more than once.

    `named` is for what goes by its name, and may come before they enroll (a file, a visit, what was refused): it begins
    once nobody else has the device any more.
    """

    device: UUID
    name: str
    is_theirs_now: bool
    tenure: Tenure
    named: Tenure


def held_by(customer: Customer) -> list[Held]:
    """Each device that is theirs, or that was."""
    spans = {(each.device_id, tenure(each)): None for each in customer.enrollments.order_by("created_at")}
    known = Device.objects.filter(Q(customer=customer) | Q(enrollments__customer=customer)).distinct().order_by("pk")
    devices = {each.pk: each for each in known}
    enrolled = {device for device, _ in spans}
    spans |= {(device, WHOLE): None for device in devices if device not in enrolled}
    return [_held(devices[device], theirs, customer) for device, theirs in spans]


def _held(device: Device, theirs: Tenure, customer: Customer) -> Held:
    named = Tenure(since=_free_since(device, theirs.since), until=_free_since(device, theirs.until))
    return Held(device.pk, device.manufacturer_device_id, device.customer_id == customer.pk, theirs, named)


def _free_since(device: Device, enrolled_at: datetime | None) -> datetime | None:
    """When the enrollment before this one was over."""
    if enrolled_at is None:
        return None
    before = Enrollment.objects.filter(device=device, created_at__lt=enrolled_at).order_by("created_at").last()
    ended = ended_at(before) if before else None
    return min(enrolled_at, ended or enrolled_at)


def while_theirs(held: Iterable[Held], column: str, moment: str) -> Q:
    """Rows whose `column` is one of the devices, of a `moment` when it was theirs."""
    return _any_of(column, ((each.device, each.tenure.within(moment)) for each in held))


def partly_theirs(held: Iterable[Held], column: str, start: str, end: str) -> Q:
    """Rows about one of the devices, of a time in some of which it was theirs."""
    return _any_of(column, ((each.device, each.tenure.overlaps(start, end)) for each in held))


def named_while_theirs(
    held: Iterable[Held], column: str, moment: str, *, by: Callable[[Held], object] = attrgetter("name")
) -> Q:
    """Rows whose `column` is the name of one of the devices (or what else it goes `by`), of when it can mean them."""
    return _any_of(column, ((by(each), each.named.within(moment)) for each in held))


def _any_of(column: str, times: Iterable[tuple[object, Q]]) -> Q:
    said_at: dict[Q, list[object]] = {}
    for said, when in times:
        said_at.setdefault(when, []).append(said)
    return reduce(or_, (Q(**{f"{column}__in": said}) & when for when, said in said_at.items()), NONE)
