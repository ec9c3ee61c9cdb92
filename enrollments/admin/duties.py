"""What revocations oblige the portal to do on the other side, within 24 hours, and what was done (§11.5)."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import F, Q
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RadioFilter, RelatedDropdownFilter
from unfold.decorators import display

from enrollments import duties
from enrollments.admin.enrollment_page import short
from enrollments.admin.search import HELP, enrollment_ids
from enrollments.models import RevocationDuty
from texture_portal import clock
from texture_portal.console.marks import NOTHING, at, badge, link, span
from texture_portal.console.pages import DetailAdmin
from texture_portal.console.search import BigTable
from texture_portal.console.verbs import Verb, VerbForm


class SettledFilter(RadioFilter):
    title = "settled"
    parameter_name = "settled"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "Open"), ("late", "Too late"), ("yes", "Settled")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "no":
                return queryset.filter(settled_at__isnull=True)
            case "yes":
                return queryset.filter(settled_at__isnull=False)
            case "late":
                return queryset.filter(
                    Q(settled_at__isnull=True, due_at__lt=clock.now()) | Q(settled_at__gt=F("due_at"))
                )
        return queryset


def _retry(duty: RevocationDuty, given: dict[str, Any], now: datetime, user: User) -> str:
    duties.retry(duty, now=now)
    return "A worker is asked to try it now."


@admin.register(RevocationDuty)
class RevocationDutyAdmin(BigTable, DetailAdmin):
    detail_template = "admin/enrollments/revocationduty/detail.html"
    list_display = ("what", "state", "enrollment_shown", "partner", "revoked", "due", "settled", "trouble")
    list_filter = (
        SettledFilter,
        ("kind", ChoicesDropdownFilter),
        ("enrollment__partner", RelatedDropdownFilter),
    )
    list_select_related = ("enrollment__partner", "enrollment__device")
    search_help_text = HELP
    ordering = ("-id",)
    sortable_by = ()
    verbs = (
        Verb(
            "retry",
            "Try it now",
            "It waits for its next attempt: what is done already is not done again.",
            "enrollments.retry_revocationduty",
            _retry,
            fits=lambda duty: duty.settled_at is None,
            form=VerbForm,
        ),
    )

    def named(self, term: str) -> Q:
        return Q(enrollment__in=enrollment_ids(term))

    def detail_context(self, request: HttpRequest, subject: RevocationDuty) -> dict[str, Any]:
        return {"facts": facts(subject, now=clock.now())}

    @display(description="What")
    def what(self, duty: RevocationDuty) -> str:
        return duty.get_kind_display()

    @display(description="State")
    def state(self, duty: RevocationDuty) -> Any:
        return standing(duty, now=clock.now())

    @display(description="Enrollment")
    def enrollment_shown(self, duty: RevocationDuty) -> str:
        return f"{short(duty.enrollment_id)} {duty.enrollment.device.serial_number}"

    @display(description="Partner")
    def partner(self, duty: RevocationDuty) -> str:
        return duty.enrollment.partner.name

    @display(description="Revoked")
    def revoked(self, duty: RevocationDuty) -> str:
        return at(duty.revoked_at)

    @display(description="Due")
    def due(self, duty: RevocationDuty) -> str:
        return at(duty.due_at)

    @display(description="Settled")
    def settled(self, duty: RevocationDuty) -> str:
        return at(duty.settled_at)

    @display(description="Why not yet")
    def trouble(self, duty: RevocationDuty) -> str:
        return duty.last_fault or NOTHING


def standing(duty: RevocationDuty, *, now: datetime) -> Any:
    if duty.settled_at is not None:
        return badge("settled late", "warning") if duty.settled_at > duty.due_at else badge("settled", "success")
    left = duty.due_at - now
    return badge(f"{span(left)} overdue", "danger") if now > duty.due_at else badge(f"{span(left)} left", "info")


def facts(duty: RevocationDuty, *, now: datetime) -> list[tuple[str, Any]]:
    return [
        ("What", duty.get_kind_display()),
        ("State", standing(duty, now=now)),
        ("Enrollment", link(duty.enrollment, short(duty.enrollment_id))),
        ("Partner", link(duty.enrollment.partner)),
        ("Revoked", at(duty.revoked_at)),
        ("Reported by", "the partner itself" if duty.by_partner else "the customer or staff"),
        ("Owed since", at(duty.opened_at)),
        ("Due", at(duty.due_at)),
        ("Settled", at(duty.settled_at)),
        ("Outcome", duty.get_outcome_display() or NOTHING),
        ("Attempts", duty.attempts),
        ("Why not yet", duty.last_fault or NOTHING),
        ("Next attempt", at(duty.attempt_at)),
    ]
