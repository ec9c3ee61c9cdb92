"""The jobs and the workers that do them."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget

from texture_portal import clock, jobs, jobs_page
from texture_portal.console.marks import at, words
from texture_portal.console.pages import DetailAdmin
from texture_portal.console.verbs import Verb, VerbForm
from texture_portal.models import Heartbeat
from texture_portal.schedules import JOBS

WAKE = "texture_portal.wake_jobs"


class WakeForm(VerbForm):
    kind = forms.ChoiceField(
        label="Which job", choices=[(job.kind, words(job.kind)) for job in JOBS], widget=UnfoldAdminSelectWidget
    )


def _wake(_: Any, given: dict[str, Any], now: datetime, user: User) -> str:
    jobs.wake(given["kind"])
    return f"A worker is asked to do {words(given['kind']).lower()} now."


@admin.register(Heartbeat)
class WorkersAdmin(DetailAdmin):
    """The jobs and the workers that do them; a worker's own page has the button that wakes a job again."""

    detail_template = "admin/texture_portal/heartbeat/detail.html"
    verbs = (
        Verb(
            "wake",
            "Run a job again",
            "Its rows are its work: what is done already is not done again.",
            WAKE,
            _wake,
            form=WakeForm,
        ),
    )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        now = clock.now()
        workers = list(Heartbeat.objects.order_by("name"))
        context = {
            **self.admin_site.each_context(request),
            **jobs_page.context(workers, may_read_failures=request.user.has_perm(WAKE), now=now),
            "title": "Jobs",
            "opts": self.opts,
            "media": self.media,
            "verbs": self.buttons(request, workers[0]) if workers else [],
        }
        return TemplateResponse(request, "admin/texture_portal/heartbeat/jobs.html", context)

    def detail_context(self, request: HttpRequest, subject: Heartbeat) -> dict[str, Any]:
        return {"facts": [("Worker", subject.name), ("Last sign of life", at(subject.beat_at))]}

    def after(self, verb: Verb, subject: Heartbeat) -> str:
        return reverse("admin:texture_portal_heartbeat_changelist")
