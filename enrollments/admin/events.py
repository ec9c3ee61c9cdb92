"""The inbox of events: what came, what became of it, and how long that took. What an event says in full is sealed."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RadioFilter, RelatedDropdownFilter
from unfold.decorators import display

from enrollments.admin.colours import state_badge
from enrollments.admin.enrollment_page import short
from enrollments.admin.search import HELP, enrollment_ids
from enrollments.events.kinds import KINDS
from enrollments.events.measures import effects
from enrollments.events.retrying import retry
from enrollments.models import PartnerEvent
from partners.models import Partner
from texture_portal import clock
from texture_portal.console.filters import WhenFilter
from texture_portal.console.marks import NOTHING, at, badge, link, span, table
from texture_portal.console.pages import DetailAdmin
from texture_portal.console.search import BigTable, as_uuid
from texture_portal.console.verbs import Verb, VerbForm

STATUSES = {"accepted": "warning", "processed": "success", "superseded": ""}


class LateFilter(RadioFilter):
    title = "effect"
    parameter_name = "effect"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("late", "Too late"), ("waiting", "Waiting")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "late":
                return queryset.breaches(now=clock.now())
            case "waiting":
                return queryset.filter(attempt_at__isnull=False)
        return queryset


def _retry(event: PartnerEvent, given: dict[str, Any], now: datetime, user: User) -> str:
    retry(event, now=now)
    return "A worker is asked to try it now."


@admin.register(PartnerEvent)
class PartnerEventAdmin(BigTable, DetailAdmin):
    change_list_template = "admin/enrollments/partnerevent/list.html"
    detail_template = "admin/enrollments/partnerevent/detail.html"
    list_display = ("what", "status_mark", "took", "partner", "device", "led_to", "fact", "received", "event_id")
    list_filter = (
        LateFilter,
        ("type", ChoicesDropdownFilter),
        ("status", ChoicesDropdownFilter),
        ("partner", RelatedDropdownFilter),
        ("received_at", WhenFilter),
    )
    list_select_related = ("partner", "enrollment")
    search_help_text = f"{HELP}, or the partner's id of the event"
    ordering = ("-id",)  # identifiers of version 7 are in the order of arrival
    sortable_by = ()
    verbs = (
        Verb(
            "retry",
            "Try it now",
            "It waits for its next attempt: what is done already is not done again.",
            "enrollments.retry_partnerevent",
            _retry,
            fits=lambda event: event.attempt_at is not None,
            form=VerbForm,
        ),
    )

    def named(self, term: str) -> Q:
        partners = list(Partner.objects.order_by().values_list("pk", flat=True))
        wanted = (
            Q(enrollment__in=enrollment_ids(term))
            | Q(partner__in=partners, event_id=term)
            | Q(partner__in=partners, manufacturer_device_id=term)
        )
        identifier = as_uuid(term)
        return wanted if identifier is None else wanted | Q(pk=identifier) | Q(request_id=identifier)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        shown = {"effects": effects_table(now=clock.now()), **(extra_context or {})}
        return super().changelist_view(request, shown)

    def detail_context(self, request: HttpRequest, subject: PartnerEvent) -> dict[str, Any]:
        return {"facts": facts(subject, now=clock.now()), "work": work(subject)}

    @display(description="Event", ordering="type")
    def what(self, event: PartnerEvent) -> str:
        return event.get_type_display()

    @display(description="Status", label=STATUSES)
    def status_mark(self, event: PartnerEvent) -> str:
        return event.status

    @display(description="Took")
    def took(self, event: PartnerEvent) -> Any:
        return time_to_effect(event, now=clock.now())

    @display(description="Device")
    def device(self, event: PartnerEvent) -> str:
        return event.manufacturer_device_id

    @display(description="Led to")
    def led_to(self, event: PartnerEvent) -> Any:
        return state_badge(event.enrollment_state) if event.enrollment_state else NOTHING

    @display(description="Happened")
    def fact(self, event: PartnerEvent) -> str:
        return at(event.fact_at)

    @display(description="Received")
    def received(self, event: PartnerEvent) -> str:
        return at(event.received_at)


def time_to_effect(event: PartnerEvent, *, now: datetime) -> Any:
    """Red where it was, or is, later than promised."""
    if event.due_at is None:
        return badge("kept", "info")
    took = (event.processed_at or now) - event.received_at
    said = "at once" if took < timedelta(seconds=1) else f"{took.total_seconds():.0f} s"
    if took >= timedelta(minutes=1):
        said = span(took)
    if event.processed_at is None:
        said = f"waits for {said}"
    return badge(said, "danger" if event.received_at + took > event.due_at else "success")


def facts(event: PartnerEvent, *, now: datetime) -> list[tuple[str, Any]]:
    return [
        ("Event", event.get_type_display()),
        ("Partner", link(event.partner)),
        ("Partner's id of it", event.event_id),
        ("Device", event.manufacturer_device_id),
        ("Enrollment", link(event.enrollment, short(event.enrollment.pk)) if event.enrollment else "not known"),
        ("Happened", at(event.fact_at)),
        ("Reported as of", at(event.occurred_at)),
        ("Request id", event.request_id),
    ]


def work(event: PartnerEvent) -> list[tuple[str, Any]]:
    return [
        ("Status", badge(event.get_status_display(), STATUSES[event.status])),
        ("Led to", state_badge(event.enrollment_state) if event.enrollment_state else NOTHING),
        ("Received", at(event.received_at)),
        ("Due", at(event.due_at)),
        ("Took effect", at(event.processed_at)),
        ("Took", time_to_effect(event, now=clock.now())),
        ("Attempts by the job", event.attempts),
        ("Next attempt", at(event.attempt_at)),
    ]


def effects_table(*, now: datetime) -> dict[str, Any]:
    return table(
        ("Event", "Promised within", "Came", "Half within", "99 of 100 within", "Waiting", "Too late"),
        (
            (
                KINDS[each.type].name.label,
                span(each.within),
                each.count,
                seconds(each.p50),
                seconds(each.p99),
                each.waiting,
                badge(str(each.late), "danger") if each.late else "0",
            )
            for each in effects(now=now)
        ),
    )


def seconds(value: float | None) -> str:
    if value is None:
        return NOTHING
    return "at once" if value < 1 else f"{float(value):.0f} s"
