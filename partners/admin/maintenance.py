"""Planned maintenance: announced by staff, for a partner's cloud or for the portal itself, and called off."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSplitDateTimeWidget, UnfoldAdminTextInputWidget

from partners import maintenance
from partners.models import Maintenance, Partner
from texture_portal import clock
from texture_portal.actors import Role, staff
from texture_portal.console.marks import NOTHING, at, badge, link
from texture_portal.console.pages import DetailAdmin
from texture_portal.console.verbs import Verb, VerbForm
from texture_portal.refusals import Refusal


class MaintenanceForm(forms.Form):
    partner = forms.ModelChoiceField(
        Partner.objects.all(), required=False, widget=UnfoldAdminSelectWidget(),
        help_text="Whose cloud; none: the portal itself, which the public page of /status/ tells.",
    )  # fmt: skip
    what = forms.CharField(
        max_length=255, widget=UnfoldAdminTextInputWidget(), help_text="What is not there meanwhile, in a sentence."
    )
    starts_at = forms.SplitDateTimeField(
        widget=UnfoldAdminSplitDateTimeWidget(), help_text="48 hours ahead or more, or it counts as an outage (§7.1)."
    )
    ends_at = forms.SplitDateTimeField(widget=UnfoldAdminSplitDateTimeWidget())


def _cancel(planned: Maintenance, given: dict[str, Any], now: datetime, user: User) -> str:
    maintenance.cancel(planned, now=now, by=staff(user_id=user.pk, name=user.get_username()))
    return f"The maintenance of {planned} is called off."


@admin.register(Maintenance)
class MaintenanceAdmin(DetailAdmin):
    detail_template = "admin/partners/maintenance/detail.html"
    list_display = ("whose", "what", "starts", "ends", "announcer", "standing")
    list_filter = (("partner", RelatedDropdownFilter),)
    list_select_related = ("partner",)
    search_fields = ("what", "partner__name")
    sortable_by = ()
    verbs = (
        Verb(
            "cancel",
            "Call it off",
            "It is excluded from nothing any more, and told no longer.",
            "partners.cancel_maintenance",
            _cancel,
            fits=lambda planned: planned.cancelled_at is None and planned.ends_at > clock.now(),
            form=VerbForm,
        ),
    )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("partners.add_maintenance")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = MaintenanceForm(request.POST or None, initial={"partner": request.GET.get("partner")})
        if form.is_valid():
            by = staff(user_id=request.user.pk, name=request.user.get_username())  # type: ignore[arg-type]
            try:
                made = maintenance.announce(**form.cleaned_data, now=clock.now(), by=by)
            except Refusal as refusal:
                form.add_error(None, refusal.detail)
            else:
                messages.success(request, f"The maintenance of {made} is announced.")
                return redirect(reverse("admin:partners_maintenance_change", args=(made.pk,)))
        shared = self.admin_site.each_context(request) | {"opts": self.opts, "media": self.media + form.media}
        context = shared | {"title": "Announce maintenance", "form": form}
        return TemplateResponse(request, "admin/partners/maintenance/announce.html", context)

    def detail_context(self, request: HttpRequest, subject: Maintenance) -> dict[str, Any]:
        return {
            "facts": [
                ("Of", link(subject.partner) if subject.partner else "the portal itself"),
                ("What", subject.what),
                ("From", at(subject.starts_at)),
                ("To", at(subject.ends_at)),
                ("Announced", f"{at(subject.announced_at)} by {by_whom(subject.announced_by)}"),
                ("Counts", _counts(subject)),
                ("Called off", _called_off(subject)),
            ]
        }

    @display(description="Of")
    def whose(self, planned: Maintenance) -> str:
        return planned.partner.name if planned.partner else "The portal"

    @display(description="From")
    def starts(self, planned: Maintenance) -> str:
        return at(planned.starts_at)

    @display(description="To")
    def ends(self, planned: Maintenance) -> str:
        return at(planned.ends_at)

    @display(description="Announced by")
    def announcer(self, planned: Maintenance) -> str:
        return by_whom(planned.announced_by)

    @display(description="State")
    def standing(self, planned: Maintenance) -> str:
        return standing_of(planned)


def by_whom(announced_by: str) -> str:
    """A partner is named by its id on record; here it is whose maintenance it is."""
    return "the partner itself" if announced_by.startswith(f"{Role.PARTNER} ") else announced_by


def _counts(planned: Maintenance) -> str:
    if not planned.is_excluded:
        return "as an outage" if planned.cancelled_at is None else "as an outage: it is called off"
    return f"as planned: left out of {'scorecards' if planned.partner else 'the outages on /status/'}"


def _called_off(planned: Maintenance) -> str:
    if planned.cancelled_at is None:
        return NOTHING
    return f"{at(planned.cancelled_at)} by {by_whom(planned.cancelled_by)}"


def standing_of(planned: Maintenance) -> str:
    if planned.cancelled_at is not None:
        return badge("called off", "danger")
    return badge("in time", "success") if planned.is_in_time else badge("at short notice", "warning")
