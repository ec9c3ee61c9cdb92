from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from devices.kinds import KINDS, DeviceType
from devices.search import device_ids
from programs.models import Participation, Program
from texture_portal.console.histories import HistoryAdmin
from texture_portal.console.pages import ReadOnlyAdmin
from texture_portal.console.search import BigTable

COMMANDS = sorted(command for kind in KINDS.values() for command in kind.commands)


class ProgramForm(forms.ModelForm[Program]):
    device_types = forms.MultipleChoiceField(
        choices=[(each.value, each.value) for each in DeviceType], widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    required_commands = forms.MultipleChoiceField(
        choices=[(each, each) for each in COMMANDS], required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    class Meta:
        model = Program
        fields = (
            "name", "slug", "owner", "type", "status", "device_types", "required_commands", "starts_on", "ends_on",
            "max_enrollments", "wants_verified_account", "consent_lasts_days", "exclusive_group",
        )  # fmt: skip


@admin.register(Program)
class ProgramAdmin(HistoryAdmin):
    form = ProgramForm
    list_display = ("name", "owner", "type", "status_mark", "takes", "starts_on", "ends_on")
    list_filter = (("status", ChoicesDropdownFilter), ("type", ChoicesDropdownFilter))
    list_filter_submit = True
    list_select_related = ("owner",)
    search_fields = ("name", "slug", "owner__name", "owner__eia_id")
    autocomplete_fields = ("owner",)
    prepopulated_fields = {"slug": ("name",)}
    fieldsets = (
        (None, {"fields": ("name", "slug", "owner", "type", "status")}),
        ("Which devices", {"fields": ("device_types", "required_commands")}),
        ("When and how many", {"fields": ("starts_on", "ends_on", "max_enrollments")}),
        ("On what terms", {"fields": ("wants_verified_account", "consent_lasts_days", "exclusive_group")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Program | None = None) -> bool:
        """Programs are archived, so that whoever took part keeps a program to have been in."""
        return False

    @display(
        description="Status",
        ordering="status",
        label={"active": "success", "full": "info", "paused": "warning", "archived": "danger"},
    )
    def status_mark(self, program: Program) -> tuple[str, str]:
        return program.status, program.get_status_display()

    @display(description="Takes")
    def takes(self, program: Program) -> str:
        return ", ".join(program.device_types)


@admin.register(Participation)
class ParticipationAdmin(BigTable, ReadOnlyAdmin):
    list_display = ("device", "program", "joined_at", "left_at", "left_reason")
    list_filter = (("program", RelatedDropdownFilter),)
    list_select_related = ("device", "program")
    search_help_text = "Whole serial number or device id"
    ordering = ("-id",)
    fields = readonly_fields = ("device", "program", "exclusive_group", "joined_at", "left_at", "left_reason")

    def named(self, term: str) -> Q:
        return Q(device__in=device_ids(term))

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("device", "program")
