"""What was refused to partners, so that staff can answer "why was mine refused?"."""

from django.contrib import admin
from django.utils.html import format_html_join
from unfold.contrib.filters.admin import AllValuesCheckboxFilter, RangeDateTimeFilter, RelatedDropdownFilter
from unfold.decorators import display

from partners.models import RefusedRequest
from texture_portal.console.pages import ReadOnlyAdmin


@admin.register(RefusedRequest)
class RefusedRequestAdmin(ReadOnlyAdmin):
    list_display = ("at", "partner", "outcome", "method", "path", "subject", "flag_mark", "id")
    list_filter = (
        ("partner", RelatedDropdownFilter),
        ("code", AllValuesCheckboxFilter),
        ("flag", AllValuesCheckboxFilter),
        ("at", RangeDateTimeFilter),
    )
    list_select_related = ("partner",)
    search_fields = ("id", "subject")
    search_help_text = "Request id, or the device or enrollment it was about"
    fields = readonly_fields = (
        "id", "partner", "at", "method", "path", "status", "code", "faults_listed", "subject", "flag",
    )  # fmt: skip

    @display(description="Outcome", ordering="code", label=True)
    def outcome(self, refused: RefusedRequest) -> str:
        return f"{refused.status} {refused.code}"

    @display(description="Flag", ordering="flag", label="warning")
    def flag_mark(self, refused: RefusedRequest) -> str:
        return refused.flag

    @display(description="Faults")
    def faults_listed(self, refused: RefusedRequest) -> str:
        pairs = ((fault["pointer"] or "the whole request", fault["code"]) for fault in refused.faults)
        return format_html_join("", "<div>{}: <code>{}</code></div>", pairs)
