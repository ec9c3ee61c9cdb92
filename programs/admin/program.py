from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from devices.kinds import KINDS, DeviceType
from devices.models import Portfolio
from devices.search import device_ids
from programs.gathering import gather
from programs.models import Participation, Program
from texture_portal.actors import staff
from texture_portal.console.histories import HistoryAdmin
from texture_portal.console.pages import ReadOnlyAdmin
from texture_portal.console.search import BigTable
from texture_portal.console.verbs import ReasonForm, Verb, VerbsMixin

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
            "max_events_per_day", "max_hours_per_year",
        )  # fmt: skip


class GatherForm(ReasonForm):
    portfolio = forms.ModelChoiceField(
        queryset=Portfolio.objects.all(), widget=UnfoldAdminSelectWidget, help_text="Make one first, under Portfolios."
    )
    field_order = ("portfolio", "reason")


def _gather(program: Program, given: dict[str, Any], now: datetime, user: User) -> str:
    by = staff(user_id=user.pk, name=user.get_username())
    done = gather(program, given["portfolio"], reason=given["reason"], now=now, by=by)
    return f"{done.added} devices added to {given['portfolio']}, {done.already_in} were in it already."


@admin.register(Program)
class ProgramAdmin(VerbsMixin, HistoryAdmin):
    form = ProgramForm
    change_form_outer_after_template = "console/verbs_below.html"
    verbs = (
        Verb(
            "gather",
            "Put its devices into a portfolio",
            "Those that take part now; the program does not change.",
            "devices.fill_portfolio",
            _gather,
            form=GatherForm,
        ),
    )
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
        ("How much of a device", {"fields": ("max_events_per_day", "max_hours_per_year")}),
    )

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        program = self.get_object(request, object_id)
        shown = {"verbs": self.buttons(request, program)} if program else {}
        kwargs["extra_context"] = {**(kwargs.get("extra_context") or {}), **shown}
        page: HttpResponse = super().change_view(request, object_id, *args, **kwargs)
        return page

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
