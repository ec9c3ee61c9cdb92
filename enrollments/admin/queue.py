"""The review queue (§11.3): what is due first stands first; a case has the verbs of its question."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RadioFilter, RelatedDropdownFilter
from unfold.decorators import display

from enrollments.admin import case_page as page
from enrollments.admin.case_verbs import VERBS
from enrollments.admin.enrollment_page import short
from enrollments.models import ReviewCase
from texture_portal import clock
from texture_portal.console.marks import at, span
from texture_portal.console.pages import DetailAdmin
from texture_portal.console.verbs import Verb

LATE_MARKS = {"late": "danger", "today": "warning", "later": "success", "decided": ""}
HOURS_OF_TODAY = 24


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


@admin.register(ReviewCase)
class ReviewCaseAdmin(DetailAdmin):
    detail_template = "admin/enrollments/reviewcase/detail.html"
    list_display = ("kind", "time_left", "due", "enrollment_shown", "partner", "place", "candidates", "decision")
    list_filter = (OpenFilter, ("kind", ChoicesDropdownFilter), ("enrollment__partner", RelatedDropdownFilter))
    search_fields = (
        "enrollment__device__serial_number",
        "enrollment__device__manufacturer_device_id",
        "enrollment__customer__reference_id",
        "enrollment__id",
    )
    ordering = ("due_at",)
    list_per_page = 50
    verbs = VERBS

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
            )
        )

    def detail_context(self, request: HttpRequest, subject: ReviewCase) -> dict[str, Any]:
        return page.context(subject, now=clock.now())

    def after(self, verb: Verb, subject: ReviewCase) -> str:
        """On to the next case."""
        return reverse("admin:enrollments_reviewcase_changelist")

    @display(description="Time left", ordering="due_at", label=LATE_MARKS)
    def time_left(self, case: ReviewCase) -> tuple[str, str]:
        if case.decided_at is not None:
            return "decided", case.get_decision_display()
        left = case.due_at - clock.now()
        if left.total_seconds() < 0:
            return "late", f"{span(left)} overdue"
        return ("today" if left.total_seconds() < HOURS_OF_TODAY * 3600 else "later"), span(left)

    @display(description="Due", ordering="due_at")
    def due(self, case: ReviewCase) -> str:
        return at(case.due_at)

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
