"""Dispatch events in the admin: drafted, previewed, scheduled, watched while they run, reported on."""

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from devices.portfolios.membership import named
from programs.admin import dispatch_page as page
from programs.admin.dispatch_drawing import canvas
from programs.admin.dispatch_forms import AmendForm, DraftForm, wanted_of
from programs.dispatch import report, scheduling, stopping
from programs.models import DispatchEvent, DispatchTarget
from programs.models.dispatch import EventStatus
from texture_portal import clock
from texture_portal.actors import Actor, staff
from texture_portal.console.marks import at, read_by
from texture_portal.console.pages import DetailAdmin
from texture_portal.console.search import BigTable, as_uuid
from texture_portal.console.verbs import ReasonForm, Verb
from texture_portal.refusals import Refusal, refuse

SCHEDULE = "programs.schedule_dispatchevent"
OPT_OUT = "programs.opt_out_dispatchtarget"


class OptOutForm(ReasonForm):
    device = forms.CharField(
        max_length=255,
        widget=UnfoldAdminTextInputWidget,
        help_text="Its id, its serial number, or the manufacturer's id.",
    )
    field_order = ("device", "reason")


def by(user: Any) -> Actor:
    return staff(user_id=user.pk, name=user.get_username())


def _schedule(event: DispatchEvent, given: dict[str, Any], now: datetime, user: User) -> str:
    scheduling.schedule(event, reason=given["reason"], now=now, by=by(user))
    return "It is scheduled. Devices are told when their turn comes."


def _amend(event: DispatchEvent, given: dict[str, Any], now: datetime, user: User) -> str:
    scheduling.amend(event, wanted_of(given), reason=given["reason"], now=now, by=by(user))
    return "It is amended, and its preview is drawn up anew."


def _preview(event: DispatchEvent, given: dict[str, Any], now: datetime, user: User) -> str:
    scheduling.preview_anew(event, reason=given["reason"], now=now, by=by(user))
    return "Its preview is drawn up anew, with what is known of the devices now."


def _cancel(event: DispatchEvent, given: dict[str, Any], now: datetime, user: User) -> str:
    scheduling.cancel(event, reason=given["reason"], now=now, by=by(user))
    return "It is cancelled. Devices that were told something are brought back now."


def _opt_out(event: DispatchEvent, given: dict[str, Any], now: datetime, user: User) -> str:
    devices, _ = named([given["device"]])
    target = DispatchTarget.objects.filter(event=event, device__in=devices).first()
    if target is None:
        raise refuse("not_found", "No device of this event is called that.", pointer="/device")
    stopping.opt_out(target, reason=given["reason"], now=now, by=by(user))
    return "The device sits out this event. Its enrollment stays as it is."


VERBS = (
    Verb("schedule", "Schedule it", "As previewed. Devices are told when their turn comes.", SCHEDULE, _schedule,
         fits=lambda event: event.status == EventStatus.DRAFT and event.previewed_at is not None),
    Verb("preview", "Preview it anew", "With what is known of the devices now.", SCHEDULE, _preview,
         fits=lambda event: event.status in (EventStatus.DRAFT, EventStatus.SCHEDULED)),
    Verb("amend", "Amend it", "Until the first device is told. Its preview is drawn up anew.", SCHEDULE, _amend,
         fits=lambda event: event.status in (EventStatus.DRAFT, EventStatus.SCHEDULED), form=AmendForm),
    Verb("opt-out", "Let a customer sit out", "For this event alone. A device that was told something is brought back.",
         OPT_OUT, _opt_out, fits=lambda event: event.is_open, form=OptOutForm),
    Verb("cancel", "Cancel it", "Nobody is told any more, and whoever was told is brought back now.", SCHEDULE, _cancel,
         fits=lambda event: event.status in (EventStatus.DRAFT, EventStatus.SCHEDULED, EventStatus.RUNNING),
         is_final=True),
)  # fmt: skip


class Echo:
    """What csv writes to, so that a line can be sent as soon as it is made."""

    def write(self, line: str) -> str:
        return line


@admin.register(DispatchEvent)
class DispatchEventAdmin(BigTable, DetailAdmin):
    about_people = False
    detail_template = "admin/programs/dispatchevent/detail.html"
    list_display = ("name", "program", "status_mark", "starts", "ends", "priority")
    list_filter = (("status", ChoicesDropdownFilter), ("program", RelatedDropdownFilter))
    list_select_related = ("program",)
    search_help_text = "Whole name or id of an event"
    ordering = ("-starts_at", "-id")
    sortable_by = ()
    verbs = VERBS

    def named(self, term: str) -> Q:
        identifier = as_uuid(term)
        return Q(name=term) | Q(pk=identifier) if identifier else Q(name=term)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("program", "portfolio", "utility")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<uuid:event_id>/report.csv", view(self.report_view), name="programs_dispatchevent_report"),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("programs.add_dispatchevent")

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = DraftForm(request.POST or None, subject=None)
        if form.is_valid() and (answer := self._drafted(request, form)):
            return answer
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "media": self.media + form.media,
            "title": "Draft a dispatch event",
            "form": form,
            "canvas": canvas(request.GET.get("program", "")),
        }
        return TemplateResponse(request, "admin/programs/dispatchevent/draft.html", context)

    def _drafted(self, request: HttpRequest, form: DraftForm) -> HttpResponse | None:
        given = form.cleaned_data
        try:
            event = scheduling.draft(
                given["program"], wanted_of(given), reason=given["reason"], now=clock.now(), by=by(request.user)
            )
        except Refusal as refusal:
            form.add_error(None, refusal.detail)
            return None
        messages.success(request, "It is drafted, and its preview is being drawn up. Nobody is told anything yet.")
        return redirect(reverse("admin:programs_dispatchevent_change", args=(event.pk,)))

    def detail_page(self, request: HttpRequest, subject: DispatchEvent, *, status: int = 200) -> HttpResponse:
        """With `live`, what changes of the page, for it to replace; 204 once nothing changes any more."""
        if "live" not in request.GET:
            return super().detail_page(request, subject, status=status)
        if not page.is_moving(subject):
            return HttpResponse(status=204)
        with read_by(request.user):
            answer = TemplateResponse(request, "admin/programs/dispatchevent/live.html", page.live(subject)).render()
        answer["Cache-Control"] = "no-store"
        return answer

    def report_view(self, request: HttpRequest, event_id: Any) -> StreamingHttpResponse:
        event: DispatchEvent | None = self.get_object(request, str(event_id))
        if not self.has_view_permission(request, event):
            raise PermissionDenied
        if event is None:
            raise Http404
        answer = StreamingHttpResponse(_lines(event), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="event-{event.pk}.csv"'
        answer["Cache-Control"] = "no-store"
        return answer

    def detail_context(self, request: HttpRequest, subject: DispatchEvent) -> dict[str, Any]:
        return page.context(subject)

    @display(description="Status", label=page.STATUS_MARKS)
    def status_mark(self, event: DispatchEvent) -> tuple[str, str]:
        return event.status, event.get_status_display()

    @display(description="Starts")
    def starts(self, event: DispatchEvent) -> str:
        return at(event.starts_at)

    @display(description="Ends")
    def ends(self, event: DispatchEvent) -> str:
        return at(event.ends_at)


def _lines(event: DispatchEvent) -> Iterator[str]:
    writer = csv.writer(Echo())
    for row in report.rows(event):
        yield writer.writerow(row)
