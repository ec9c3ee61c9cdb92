"""Devices put into a portfolio and taken out, however many at once."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from devices.connections.record import save_on_record
from devices.models import Device, Portfolio, PortfolioDevice
from devices.portfolios import suspending
from partners.models import Partner
from texture_portal import jobs
from texture_portal.actors import Actor
from texture_portal.console.search import as_uuid

AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Filled:
    """`strangers`: devices of other partners than the portfolio's."""

    added: int
    already_in: int
    strangers: int


@transaction.atomic
def add(portfolio: Portfolio, devices: "QuerySet[Device]", *, reason: str, now: datetime, by: Actor) -> Filled:
    held = _hold(portfolio)
    own = devices if held.partner_id is None else devices.filter(partner=held.partner_id)
    wanted, before = set(own.values_list("pk", flat=True)), held.places.count()
    PortfolioDevice.objects.bulk_create(
        (PortfolioDevice(portfolio=held, device_id=each, added_at=now) for each in sorted(wanted)),
        batch_size=AT_ONCE,
        ignore_conflicts=True,
    )
    if held.suspended_at is not None:
        suspending.stop(wanted, now=now, by=by)
    added = held.places.count() - before
    save_on_record(held, by=by, reason=f"{added} devices added: {reason}")
    return Filled(added, len(wanted) - added, devices.count() - len(wanted))


@transaction.atomic
def remove(portfolio: Portfolio, devices: "QuerySet[Device]", *, reason: str, by: Actor) -> int:
    held = _hold(portfolio)
    removed, _ = held.places.filter(device__in=devices).delete()
    if held.suspended_at is not None:
        jobs.wake(suspending.JOB)  # they are awake
    save_on_record(held, by=by, reason=f"{removed} devices removed: {reason}")
    return removed


def named(lines: list[str]) -> "tuple[QuerySet[Device], list[str]]":
    """The devices that a pasted list means, by id, serial number or manufacturer's id; and what means none."""
    terms = {line.strip() for line in lines if line.strip()}
    ids = {identity for term in terms if (identity := as_uuid(term)) is not None}
    partners = list(Partner.objects.order_by().values_list("pk", flat=True))
    found = Device.objects.filter(
        Q(pk__in=ids) | Q(serial_number__in=terms) | Q(partner__in=partners, manufacturer_device_id__in=terms)
    )
    known = {str(value) for row in found.values_list("pk", "serial_number", "manufacturer_device_id") for value in row}
    return found, sorted(term for term in terms if term not in known and str(as_uuid(term)) not in known)


def _hold(portfolio: Portfolio) -> Portfolio:
    return Portfolio.objects.select_for_update().get(pk=portfolio.pk)
