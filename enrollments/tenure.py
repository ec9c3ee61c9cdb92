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
from partners.models import Customer


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


def tenure(enrollment: Enrollment) -> Tenure:
    """Until the next enrollment of the device by another customer: between the two nobody else had it."""
    others = Enrollment.objects.filter(device=enrollment.device_id).exclude(customer=enrollment.customer_id)
    after = others.filter(created_at__gt=enrollment.created_at).order_by("created_at")
    had_before = others.filter(created_at__lt=enrollment.created_at).exists()
    return Tenure(
        since=enrollment.created_at if had_before else None,
        until=after.values_list("created_at", flat=True).first(),
    )


WHOLE = Tenure(since=None, until=None)
NONE = Q(pk__in=[])
BY_NAME = attrgetter("name")


@dataclass(frozen=True, slots=True)
class Held:
    """A device, and a time for which it was somebody's. They may have had it more than once."""

    device: UUID
    name: str
    is_theirs_now: bool
    tenure: Tenure


def held_by(customer: Customer) -> list[Held]:
    """Each device that is theirs, or that was."""
    spans = {(each.device_id, tenure(each)): None for each in customer.enrollments.order_by("created_at")}
    known = Device.objects.filter(Q(customer=customer) | Q(enrollments__customer=customer)).distinct().order_by("pk")
    devices = {each.pk: each for each in known}
    enrolled = {device for device, _ in spans}
    spans |= {(device, WHOLE): None for device in devices if device not in enrolled}
    return [
        Held(device, devices[device].manufacturer_device_id, devices[device].customer_id == customer.pk, theirs)
        for device, theirs in spans
    ]


def while_theirs(
    held: Iterable[Held], column: str, moment: str, *, by: Callable[[Held], object] = attrgetter("device")
) -> Q:
    """Rows whose `column` is one of the devices (or what else it goes `by`), of a `moment` when it was theirs."""
    said_at: dict[Tenure, list[object]] = {}
    for each in held:
        said_at.setdefault(each.tenure, []).append(by(each))
    wanted = (Q(**{f"{column}__in": said}) & theirs.within(moment) for theirs, said in said_at.items())
    return reduce(or_, wanted, NONE)
