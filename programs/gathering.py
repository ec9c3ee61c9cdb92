"""A program's devices as a portfolio, to do in bulk what is done to each (§3.2)."""

from datetime import datetime

from devices.models import Device, Portfolio
from devices.portfolios import membership
from devices.portfolios.membership import Filled
from programs.models import Program
from texture_portal.actors import Actor


def gather(program: Program, portfolio: Portfolio, *, reason: str, now: datetime, by: Actor) -> Filled:
    """Those that take part now."""
    taking_part = program.participations.filter(left_at__isnull=True).values("device")
    return membership.add(portfolio, Device.objects.filter(pk__in=taking_part), reason=reason, now=now, by=by)
