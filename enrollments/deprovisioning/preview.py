"""Who and how many an end would reach, before anybody says yes."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet

from devices.commands.states import UNFINISHED
from devices.models import Command, Connection, Portfolio, PortfolioDevice
from enrollments.deprovisioning import staying
from enrollments.deprovisioning.staying import Staying
from enrollments.models import Enrollment
from enrollments.states import State
from partners.models import Partner, WebhookDelivery
from programs.models import DispatchTarget, Participation, Program
from programs.models.dispatch_target import Outcome

Subject = Partner | Program | Portfolio
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Preview:
    """`counts` in words; `named` are the first of those whom it would reach; `left`, who would not go along."""

    states: dict[str, int]
    counts: dict[str, int]
    named: list[Enrollment]
    left: Staying | None = None

    @property
    def total(self) -> int:
        return sum(self.states.values())


def preview(subject: Subject, *, successor: Partner | None = None) -> Preview:
    """`successor`: whom a partner's devices are to be handed over to."""
    rows = reached(subject)
    devices = rows.values("device")
    states = dict(rows.order_by().values_list("state").annotate(Count("pk")))
    counts = {
        "customers": rows.values("customer").distinct().count(),
        "devices": devices.distinct().count(),
        "participations in programs": _participations(subject, devices),
        "commands under way": Command.objects.filter(device__in=devices, status__in=UNFINISHED).count(),
        "parts in events that are planned": DispatchTarget.objects.filter(
            device__in=devices, outcome=Outcome.PLANNED
        ).count(),
        "grants at clouds": _grants(subject, devices),
    }
    if isinstance(subject, Partner):
        pending = WebhookDelivery.objects.filter(endpoint__partner=subject, state=WebhookDelivery.State.PENDING)
        counts["webhooks that wait"] = pending.count()
    named = rows.select_related("customer", "device").order_by("pk")[:MOST_NAMED]
    left = None if successor is None else staying.foreseen(rows, successor)
    return Preview({State(state).label: count for state, count in sorted(states.items())}, counts, list(named), left)


def reached(subject: Subject) -> "QuerySet[Enrollment]":
    """Open enrollments that are in it."""
    open_ones = Enrollment.objects.open()
    if isinstance(subject, Partner):
        return open_ones.filter(partner=subject)
    device = OuterRef("device")
    if isinstance(subject, Program):
        return open_ones.filter(Exists(Participation.objects.live().filter(program=subject, device=device)))
    return open_ones.filter(Exists(PortfolioDevice.objects.filter(portfolio=subject, device=device)))


def _participations(subject: Subject, devices: "QuerySet[Enrollment, Any]") -> int:
    live = Participation.objects.live().filter(device__in=devices)
    return live.filter(program=subject).count() if isinstance(subject, Program) else live.count()


def _grants(subject: Subject, devices: "QuerySet[Enrollment, Any]") -> int:
    held = Connection.objects.exclude(status=Connection.Status.REVOKED)
    if isinstance(subject, Partner):
        return held.filter(cloud__partner=subject).count()
    return 0 if isinstance(subject, Program) else held.filter(devices__in=devices).distinct().count()
