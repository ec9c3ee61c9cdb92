"""The devices of events, one by one: to look somebody up. What an event shows as a whole is on its own page."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from devices.search import device_ids
from programs.admin.dispatch_stages import MARKS, reason_in_words
from programs.models import DispatchTarget
from texture_portal.console.marks import NOTHING, at
from texture_portal.console.pages import ReadOnlyAdmin
from texture_portal.console.search import BigTable

FIELDS = (
    "event", "device", "outcome_mark", "why", "detail", "decided_by", "steps", "expected", "told", "restore",
    "restore_detail", "settled", "measured",
)  # fmt: skip


@admin.register(DispatchTarget)
class DispatchTargetAdmin(BigTable, ReadOnlyAdmin):
    list_display = ("device", "event", "outcome_mark", "why", "expected", "measured", "restore_mark")
    list_filter = (
        ("event", RelatedDropdownFilter), ("outcome", ChoicesDropdownFilter), ("restore", ChoicesDropdownFilter)
    )  # fmt: skip
    list_select_related = ("device", "event")
    search_help_text = "Whole serial number or device id"
    ordering = ("-id",)
    fields = readonly_fields = FIELDS

    def named(self, term: str) -> Q:
        return Q(device__in=device_ids(term))

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("device", "event")

    @display(description="Outcome", label=MARKS)
    def outcome_mark(self, target: DispatchTarget) -> tuple[str, str]:
        return target.outcome, target.get_outcome_display()

    @display(description="Restored", label={"restored": "success", "not_restored": "danger", "waits": "info"})
    def restore_mark(self, target: DispatchTarget) -> tuple[str, str]:
        return target.restore, target.get_restore_display()

    @display(description="Why")
    def why(self, target: DispatchTarget) -> str:
        return reason_in_words(target.reason) if target.reason else NOTHING

    @display(description="Expected")
    def expected(self, target: DispatchTarget) -> str:
        return f"{target.expected_kw:.2f} kW"

    @display(description="Measured")
    def measured(self, target: DispatchTarget) -> str:
        if target.response_kw is not None:
            return f"{target.response_kw:.2f} kW, against {target.baseline_days} days"
        return reason_in_words(target.unmeasured) if target.unmeasured else NOTHING

    @display(description="Told")
    def told(self, target: DispatchTarget) -> str:
        return at(target.asked_at)

    @display(description="Settled")
    def settled(self, target: DispatchTarget) -> str:
        return at(target.settled_at)

    @display(description="Steps")
    def steps(self, target: DispatchTarget) -> str:
        return "\n".join(f"{each['starts_at']} {each['command']} {each['input']}" for each in target.plan) or NOTHING
