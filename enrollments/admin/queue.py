"""The review queue (§11.3): what is due first stands first; a case has the verbs of its question."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RadioFilter, RelatedDropdownFilter
from unfold.decorators import display

from enrollments import cases
from enrollments.admin import case_page as page
from enrollments.admin.case_verbs import VERBS
from enrollments.admin.desk_verbs import STAYS
from enrollments.admin.enrollment_page import short
from enrollments.admin.search import HELP, enrollment_ids
from enrollments.admin.together import LikeCasesMixin
from enrollments.models import ReviewCase
from texture_portal import clock
from texture_portal.console.exports import ExportMixin
from texture_portal.console.marks import NOTHING, at
from texture_portal.console.pages import DetailAdmin
from texture_portal.console.search import BigTable
from texture_portal.console.verbs import Verb


class OpenFilter(RadioFilter):
    title = "decision"
    parameter_name = "decided"
    all_option = None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "Open"), ("yes", "Decided"), ("all", "All")]

    def value(self) -> str:
        return super().value() or "no"

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "all":
            return queryset
        return queryset.filter(decided_at__isnull=self.value() != "yes")


class HolderFilter(RadioFilter):
    title = "looked after by"
    parameter_name = "holder"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("me", "Me"), ("nobody", "Nobody")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "me":
            return queryset.filter(assigned_to=request.user.pk)
        return queryset.filter(assigned_to__isnull=True) if self.value() == "nobody" else queryset


class PressingFilter(RadioFilter):
    title = "pressing"
    parameter_name = "pressing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("escalated", "Escalated"), ("late", "Overdue")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "late":
            return queryset.filter(due_at__lt=clock.now())
        return queryset.filter(escalated_at__isnull=False) if self.value() == "escalated" else queryset


@admin.register(ReviewCase)
class ReviewCaseAdmin(ExportMixin, LikeCasesMixin, BigTable, DetailAdmin):
    detail_template = "admin/enrollments/reviewcase/detail.html"
    list_display = (
        "kind", "time_left", "looked_after_by", "waits_for", "due", "due_without_wait", "enrollment_shown", "partner",
        "place", "candidates",
    )  # fmt: skip
    list_filter = (
        OpenFilter,
        HolderFilter,
        PressingFilter,
        ("kind", ChoicesDropdownFilter),
        ("enrollment__partner", RelatedDropdownFilter),
    )
    search_help_text = HELP
    ordering = ("due_at",)
    sortable_by = ("due",)
    verbs = VERBS

    def named(self, term: str) -> Q:
        return Q(enrollment__in=enrollment_ids(term))

    def get_queryset(self, request: HttpRequest) -> Any:
        return (
            super()
            .get_queryset(request)
            .select_related(
                "enrollment__partner",
                "enrollment__customer",
                "enrollment__device",
                "enrollment__site__utility",
                "enrollment__site__cca",
                "resolved_utility",
                "decided_by",
                "assigned_to",
            )
        )

    def detail_context(self, request: HttpRequest, subject: ReviewCase) -> dict[str, Any]:
        return page.context(subject, now=clock.now())

    def after(self, verb: Verb, subject: ReviewCase) -> str:
        """On to the next case, where this one is decided."""
        if verb.name in STAYS:
            return super().after(verb, subject)
        return reverse("admin:enrollments_reviewcase_changelist")

    @display(description="Time left", ordering="due_at", label=page.LATE_MARKS)
    def time_left(self, case: ReviewCase) -> tuple[str, str]:
        if case.decided_at is not None:
            return "decided", case.get_decision_display()
        return page.time_left(case, now=clock.now())

    @display(description="Looked after by")
    def looked_after_by(self, case: ReviewCase) -> str:
        return case.assigned_to.get_username() if case.assigned_to else NOTHING

    @display(description="Waits for", label={"partner": "warning", "staff": "info"})
    def waits_for(self, case: ReviewCase) -> tuple[str, str] | None:
        if case.decided_at is not None:
            return None
        return ("partner", "the partner") if case.waits_for_partner else ("staff", "staff")

    @display(description="Due", ordering="due_at")
    def due(self, case: ReviewCase) -> str:
        return at(case.due_at)

    @display(description="Due without the wait")
    def due_without_wait(self, case: ReviewCase) -> str:
        if case.information_requested_at is None or case.decided_at is not None:
            return NOTHING
        return at(cases.due_with_wait(case, now=clock.now()))

    @display(description="Enrollment")
    def enrollment_shown(self, case: ReviewCase) -> str:
        return f"{short(case.enrollment_id)} {case.enrollment.device.serial_number}"

    @display(description="Partner", ordering="enrollment__partner__name")
    def partner(self, case: ReviewCase) -> str:
        return case.enrollment.partner.name

    @display(description="Place", ordering="enrollment__site__state")
    def place(self, case: ReviewCase) -> str:
        return str(case.enrollment.site)

    @display(description="Candidates")
    def candidates(self, case: ReviewCase) -> str:
        return page.candidates_in_short(case)
