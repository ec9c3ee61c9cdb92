"""Visits of end users to link devices: how far each came and what went wrong. Only read; what they gather is sealed."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from enrollments.admin.enrollment_page import short
from enrollments.admin.search import enrollment_ids
from enrollments.models import Enrollment, LinkSession
from texture_portal import clock
from texture_portal.console.filters import WhenFilter
from texture_portal.console.marks import NOTHING, at, badge, link, table, words
from texture_portal.console.pages import DetailAdmin
from texture_portal.console.search import BigTable, as_uuid

KINDS = {"created": "info", "opened": "info", "completed": "success", "exited": "", "expired": "warning"}


@admin.register(LinkSession)
class LinkSessionAdmin(BigTable, DetailAdmin):
    detail_template = "admin/enrollments/linksession/detail.html"
    list_display = ("state_mark", "purpose", "partner", "device", "fault_shown", "created", "closed")
    list_filter = (
        ("state", ChoicesDropdownFilter), ("purpose", ChoicesDropdownFilter), ("partner", RelatedDropdownFilter),
        ("created_at", WhenFilter),
    )  # fmt: skip
    list_select_related = ("partner",)
    search_help_text = "Id of the visit or of an enrollment, whole device id, serial number or customer reference"
    ordering = ("-id",)
    sortable_by = ()

    def named(self, term: str) -> Q:
        enrollments = enrollment_ids(term)
        wanted = Q(enrollment__in=enrollments) | Q(linked__overlap=enrollments)
        wanted |= Q(manufacturer_device_id=term) | Q(customer_reference=term)
        return wanted | Q(pk=identifier) if (identifier := as_uuid(term)) is not None else wanted

    def detail_context(self, request: HttpRequest, subject: LinkSession) -> dict[str, Any]:
        return {"facts": _facts(subject), "asked": _asked(subject), "linked": _linked(subject)}

    @display(description="State")
    def state_mark(self, session: LinkSession) -> Any:
        return _mark(session)

    @display(description="Device")
    def device(self, session: LinkSession) -> str:
        return session.manufacturer_device_id or NOTHING

    @display(description="What went wrong last")
    def fault_shown(self, session: LinkSession) -> str:
        return words(session.fault)

    @display(description="Begun")
    def created(self, session: LinkSession) -> str:
        return at(session.created_at)

    @display(description="Over")
    def closed(self, session: LinkSession) -> str:
        return at(session.closed_at)


def _mark(session: LinkSession) -> Any:
    state = session.state_at(now=clock.now())
    return badge(words(state), KINDS[state])


def _facts(session: LinkSession) -> list[tuple[str, Any]]:
    return [
        ("State", _mark(session)),
        ("What for", session.get_purpose_display()),
        ("What went wrong last", words(session.fault)),
        ("Cloud", link(session.cloud)),
        ("Connection", link(session.connection)),
        ("Begun", at(session.created_at)),
        ("Opened in a browser", at(session.opened_at)),
        ("Good until", at(session.expires_at)),
        ("Over", at(session.closed_at)),
    ]


def _asked(session: LinkSession) -> list[tuple[str, Any]]:
    """What the partner wanted; a visitor's own has none of it."""
    enrollment = session.enrollment
    return [
        ("Partner", link(session.partner)),
        ("Enrollment", link(enrollment, short(enrollment.pk)) if enrollment else NOTHING),
        ("Device id", session.manufacturer_device_id or NOTHING),
        ("Customer", session.customer_reference or NOTHING),
        ("Leads back to", session.redirect_url or NOTHING),
        ("Language", session.get_language_display() or NOTHING),
        ("Makers", ", ".join(session.manufacturer_filters) or "any"),
        ("Program", link(session.program)),
    ]


def _linked(session: LinkSession) -> dict[str, Any]:
    rows = Enrollment.objects.filter(pk__in=session.linked).select_related("device")
    return table(("Enrollment", "Device"), ((link(each, short(each.pk)), link(each.device)) for each in rows))
