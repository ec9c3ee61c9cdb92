"""A portfolio rests for a while: its devices are neither read at their clouds nor commanded, until it is reinstated.

What is under way is cancelled, and what it moved is given back. Revocations go on, here and at the clouds, and so does
what a partner sends by itself. A connection that reaches nothing else is not used meanwhile, so that none of its tokens
is renewed.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Union
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from devices.commands import cancelling
from devices.commands.states import UNFINISHED
from devices.connections.record import save_on_record
from devices.models import Command, Connection, Device, Portfolio, PortfolioDevice
from devices.portfolios import putting_to_rest
from devices.portfolios.resting import resting
from texture_portal import jobs
from texture_portal.actors import Actor, system
from texture_portal.refusals import Refusal

SUSPENDED = "portfolio_suspended"
JOB = "suspended_portfolios"
AT_ONCE = 500  # commands, in one transaction
BY = system("portfolio suspension")
# In the order of their devices, by which the unfinished have an index: a batch is not sought past all that finished.
UNDER_WAY = Command.objects.filter(status__in=UNFINISHED, restores=None).order_by("device_id")
Places = Union[Collection[UUID], "QuerySet[PortfolioDevice, UUID]"]


@dataclass(frozen=True, slots=True)
class Reach:
    """What its suspension would stop."""

    devices: int
    commands: int
    connections: int
    connections_that_rest: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """What its suspension stopped: so many commands were `cancelled`, and those `left` are the job's."""

    devices: int
    cancelled: int
    left: int


@transaction.atomic
def suspend(portfolio: Portfolio, *, reason: str, now: datetime, by: Actor) -> Stopped:
    """Raises `Refusal` where it rests already."""
    held = Portfolio.objects.select_for_update().get(pk=portfolio.pk)
    if held.suspended_at is not None:
        raise Refusal("state_conflict", "The portfolio is suspended already.")
    held.suspended_at = now
    save_on_record(held, by=by, reason=f"suspended: {reason}")
    cancelled = stop(held.places.values_list("device", flat=True), now=now, by=by)
    left = _under_way(held.places.values_list("device", flat=True)).count()
    return Stopped(held.places.count(), cancelled, left)


@transaction.atomic
def reinstate(portfolio: Portfolio, *, reason: str, by: Actor) -> Portfolio:
    """Its devices are polled again once the job has looked, but for those that another portfolio keeps at rest."""
    held = Portfolio.objects.select_for_update().get(pk=portfolio.pk)
    if held.suspended_at is None:
        raise Refusal("state_conflict", "The portfolio is not suspended.")
    held.suspended_at = None
    save_on_record(held, by=by, reason=f"reinstated: {reason}")
    jobs.wake(JOB)
    return held


def stop(devices: Places, *, now: datetime, by: Actor) -> int:
    """What is under way at devices that rest, and how many that were; what gives them back is carried out.

    Of very many, the rest is the job's: meanwhile none goes out that had not gone (`devices.commands.reweighing`).
    """
    jobs.wake(JOB)
    return len(cancelling.cancel(_under_way(devices)[:AT_ONCE], reason=SUSPENDED, now=now, by=by))


def work_off(*, now: datetime) -> int:
    """One batch of what is under way though it rests: of very many, or ordered in the very moment of a suspension.

    And of connections that are to rest, or to be used again.
    """
    left = UNDER_WAY.filter(resting(of="device"))
    cancelled = cancelling.cancel(left[:AT_ONCE], reason=SUSPENDED, now=now, by=BY)
    return len(cancelled) + putting_to_rest.follow()


def _under_way(devices: Places) -> "QuerySet[Command]":
    return UNDER_WAY.filter(device__in=devices)


def reach(portfolio: Portfolio) -> Reach:
    within = portfolio.places.values_list("device", flat=True)
    connections = Connection.objects.filter(devices__in=within, status=Connection.Status.ACTIVE).distinct()
    others = Device.objects.filter(connection=OuterRef("pk")).exclude(pk__in=within)
    return Reach(
        devices=portfolio.places.count(),
        commands=_under_way(within).count(),
        connections=connections.count(),
        connections_that_rest=connections.exclude(Exists(others)).count(),
    )
