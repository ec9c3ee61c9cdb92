"""One box for everything: a serial number, a customer's reference, an address, an id, or a name of what has one.

People and devices are looked up by equality and by the beginning of an address; names only where there are few.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Model, Q
from django.http import HttpRequest

from devices.models import Cloud, Connection, Device, Portfolio
from devices.search import customer_ids, device_ids
from enrollments.admin.enrollment_page import short
from enrollments.admin.search import enrollment_ids
from enrollments.models import Enrollment, ReviewCase
from enrollments.states import State
from partners.models import Partner
from programs.models import DispatchEvent, Program
from territories.finding import site_ids
from territories.models import Site, Utility
from texture_portal.console import looks
from texture_portal.console.search import as_uuid
from texture_portal.models import Look

MOST_SHOWN = 20  # of each kind
LONGEST_TERM = 200
SHORTEST_NAME = 3


@dataclass(frozen=True, slots=True)
class Found:
    row: Model
    name: str
    detail: str


LookUp = Callable[["Term"], Iterator[Found]]


@dataclass(frozen=True, slots=True)
class Term:
    text: str
    id: UUID | None
    enrollments: list[UUID]
    devices: list[UUID]
    customers: list[UUID]
    sites: list[UUID]


def find(request: HttpRequest, text: str) -> list[tuple[str, list[Found]]]:
    """What this user may see of it, kind by kind; what is about people is on record."""
    text = text.strip().replace("\x00", "")[:LONGEST_TERM]
    if not text:
        return []
    user: Any = request.user
    term = Term(text, as_uuid(text), enrollment_ids(text), device_ids(text), customer_ids(text), site_ids(text))
    shown = []
    for title, model, permission, look in KINDS:
        if user.has_perm(permission) and (found := list(look(term))):
            shown.append((title, found))
            if model in ABOUT_PEOPLE:
                looks.note(request, Look.What.FOUND, model, [each.row.pk for each in found])
    return shown


def _enrollments(term: Term) -> Iterator[Found]:
    wanted = Q(pk__in=term.enrollments) | Q(site__in=term.sites)
    rows = Enrollment.objects.filter(wanted).select_related("device", "partner", "site").order_by("-id")
    for each in rows[:MOST_SHOWN]:
        detail = f"{State(each.state).label}; {each.device.serial_number}; {each.partner.name}; {each.site}"
        yield Found(each, f"Enrollment {short(each.pk)}", detail)


def _devices(term: Term) -> Iterator[Found]:
    wanted = Q(pk__in=term.devices) | Q(customer__in=term.customers) | Q(site__in=term.sites)
    for each in Device.objects.filter(wanted).select_related("partner").order_by("-id")[:MOST_SHOWN]:
        yield Found(each, each.serial_number, f"{each.manufacturer} {each.model}; {each.partner.name}")


def _cases(term: Term) -> Iterator[Found]:
    wanted = Q(pk=term.id) | Q(enrollment__in=term.enrollments)
    for each in ReviewCase.objects.filter(wanted).order_by("-id")[:MOST_SHOWN]:
        yield Found(each, each.get_kind_display(), "open" if each.decided_at is None else each.get_decision_display())


def _sites(term: Term) -> Iterator[Found]:
    wanted = Q(pk__in=term.sites) | Q(pk=term.id)
    for each in Site.objects.filter(wanted).select_related("utility").order_by("-id")[:MOST_SHOWN]:
        yield Found(each, each.street_one or "Erased", f"{each}; {each.utility or 'no utility'}")


def _connections(term: Term) -> Iterator[Found]:
    wanted = Q(pk=term.id) | Q(customer__in=term.customers)
    for each in Connection.objects.filter(wanted).select_related("cloud").order_by("-id")[:MOST_SHOWN]:
        yield Found(each, str(each), f"{each.get_status_display()}; {each.cloud.name}")


def _named(model: Any, *fields: str) -> LookUp:
    """Of tables that stay small."""

    def look(term: Term) -> Iterator[Found]:
        wanted = Q(pk=term.id) if term.id else Q(pk__in=[])
        if len(term.text) >= SHORTEST_NAME:
            for field in fields:
                wanted |= Q(**{f"{field}__icontains": term.text})
        for each in model.objects.filter(wanted).order_by(fields[0])[:MOST_SHOWN]:
            yield Found(each, str(each), "")

    return look


KINDS: tuple[tuple[str, type[Model], str, LookUp], ...] = (
    ("Enrollments", Enrollment, "enrollments.view_enrollment", _enrollments),
    ("Review cases", ReviewCase, "enrollments.view_reviewcase", _cases),
    ("Devices", Device, "devices.view_device", _devices),
    ("Sites", Site, "territories.view_site", _sites),
    ("Connections", Connection, "devices.view_connection", _connections),
    ("Programs", Program, "programs.view_program", _named(Program, "name", "slug")),
    ("Dispatch events", DispatchEvent, "programs.view_dispatchevent", _named(DispatchEvent, "name")),
    ("Partners", Partner, "partners.view_partner", _named(Partner, "name")),
    ("Utilities", Utility, "territories.view_utility", _named(Utility, "name")),
    ("Portfolios", Portfolio, "devices.view_portfolio", _named(Portfolio, "name")),
    ("Clouds", Cloud, "devices.view_cloud", _named(Cloud, "name")),
)
ABOUT_PEOPLE = {Enrollment, ReviewCase, Device, Site, Connection}
