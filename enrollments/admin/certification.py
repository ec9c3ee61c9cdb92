"""Runs of certification: how far they are, what each check found, what is waived, and the certificate (§12)."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from devices.certification import certifying, reports
from devices.certification.reports import Line, Report
from devices.models import CertificationRun, Waiver
from texture_portal import clock
from texture_portal.actors import Actor, staff
from texture_portal.console.marks import NOTHING, at, badge, link, table, words
from texture_portal.console.pages import DetailAdmin
from texture_portal.console.verbs import ReasonForm, Verb, VerbForm

MARKS = {"pass": "success", "fail": "danger", "not_tried": "danger", "not_applicable": "", "waived": "warning"}
Status = CertificationRun.Status
REFRESH_SECONDS = 3


def by(user: User) -> Actor:
    return staff(user_id=user.pk, name=user.get_username())


class WaiveForm(ReasonForm):
    requirement = forms.ChoiceField(widget=UnfoldAdminSelectWidget())
    field_order = ("requirement", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        failed = [line.result for line in reports.report_of(self.subject).lines if line.outcome in reports.IN_THE_WAY]
        self.fields["requirement"].choices = [(each.requirement, each.title) for each in failed]  # type: ignore[attr-defined]


class TakeBackForm(VerbForm):
    waiver = forms.ModelChoiceField(Waiver.objects.none(), widget=UnfoldAdminSelectWidget())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["waiver"].queryset = Waiver.objects.in_force().for_run(self.subject)  # type: ignore[attr-defined]


def _waive(run: CertificationRun, given: dict[str, Any], now: datetime, user: User) -> str:
    made = certifying.waive(run, given["requirement"], reason=given["reason"], now=now, by=by(user))
    return f"{made.requirement} is waived for {run.partner}."


def _take_back(run: CertificationRun, given: dict[str, Any], now: datetime, user: User) -> str:
    taken = certifying.take_back(given["waiver"], now=now, by=by(user))
    return f"{taken.requirement} is required again."


def _certify(run: CertificationRun, given: dict[str, Any], now: datetime, user: User) -> str:
    made = certifying.certify(run, reason=given["reason"], now=now, by=by(user))
    return f"Certificate version {made.version} is in force until {made.expires_at:%Y-%m-%d}."


def _is_done(run: CertificationRun) -> bool:
    return run.status == Status.DONE and run.certificate_id is None


VERBS = (
    Verb(
        "certify", "Issue the certificate", "Of a clean run. It is what production access hangs on.",
        "partners.issue_certificate", _certify, fits=lambda run: _is_done(run) and reports.report_of(run).is_clean,
    ),
    Verb(
        "waive", "Waive a requirement", "For this partner, in every run until it is taken back. The report says so.",
        "devices.give_waiver", _waive, fits=lambda run: _is_done(run) and bool(reports.report_of(run).failed),
        form=WaiveForm,
    ),
    Verb(
        "take-back", "Take a waiver back", "The requirement counts again.", "devices.give_waiver", _take_back,
        fits=lambda run: Waiver.objects.in_force().for_run(run).exists(), form=TakeBackForm,
    ),
)  # fmt: skip


@admin.register(CertificationRun)
class CertificationRunAdmin(DetailAdmin):
    detail_template = "admin/devices/certificationrun/detail.html"
    list_display = ("partner", "maker_shown", "state", "asked", "asked_by", "certified")
    list_filter = (("partner", RelatedDropdownFilter), ("status", ChoicesDropdownFilter))
    list_select_related = ("partner", "cloud", "certificate")
    search_fields = ("partner__name", "maker")
    sortable_by = ()
    verbs = VERBS

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.report_view)
        return [
            path("<path:object_id>/paper/<slug:form>/", view, name="devices_certificationrun_paper"),
            *super().get_urls(),
        ]

    def detail_context(self, request: HttpRequest, subject: CertificationRun) -> dict[str, Any]:
        report = reports.report_of(subject)
        return {
            "facts": _facts(subject, report),
            "checks": table(("Check", "§", "Outcome", "What was found"), (_row(line) for line in report.lines)),
            "remedies": [line for line in report.lines if line.is_in_the_way],
            "page_url": reverse("admin:devices_certificationrun_paper", args=(subject.pk, "page")),
            "json_url": reverse("admin:devices_certificationrun_paper", args=(subject.pk, "json")),
            "progress": (len(report.lines), subject.total) if subject.status != Status.DONE else None,
            "refresh": REFRESH_SECONDS if subject.status != Status.DONE else None,
        }

    def report_view(self, request: HttpRequest, object_id: str, form: str) -> HttpResponse:
        run = self.get_object(request, object_id)
        if run is None or not self.has_view_permission(request, run):
            raise Http404
        return report_answer(request, reports.as_json(reports.report_of(run)), form=form)

    @display(description="Manufacturer")
    def maker_shown(self, run: CertificationRun) -> str:
        return run.maker or "all that it brings"

    @display(description="State")
    def state(self, run: CertificationRun) -> str:
        return badge(run.get_status_display(), "success" if run.status == Status.DONE else "info")

    @display(description="Asked for", ordering="asked_at")
    def asked(self, run: CertificationRun) -> str:
        return at(run.asked_at)

    @display(description="Certificate")
    def certified(self, run: CertificationRun) -> str:
        return f"version {run.certificate.version}" if run.certificate else NOTHING


def report_answer(request: HttpRequest, report: dict[str, Any], *, form: str) -> HttpResponse:
    """As a page that prints, or as JSON."""
    match form:
        case "json":
            return JsonResponse(report, json_dumps_params={"indent": 2})
        case "page":
            return TemplateResponse(request, "certification/report.html", {"report": report, "now": clock.now()})
    raise Http404


def _facts(run: CertificationRun, report: Report) -> list[tuple[str, Any]]:
    said = {name: count for name, count in report.counts().items() if count}
    return [
        ("Partner", link(run.partner)),
        ("Manufacturer", run.maker or "all that it brings"),
        ("Cloud", link(run.cloud) if run.cloud else "none: only its own requests are looked at"),
        ("Requirements", f"version {run.requirements}"),
        ("Asked for", f"{at(run.asked_at)} by {run.asked_by}"),
        ("Done", at(run.finished_at)),
        ("Checks", ", ".join(f"{count} {words(name).lower()}" for name, count in said.items()) or NOTHING),
        ("Certificate", link(run.certificate) if run.certificate else NOTHING),
    ]


def _row(line: Line) -> tuple[Any, ...]:
    said = line.result.said
    if line.waiver and line.outcome == reports.WAIVED:
        said = f"{said} Waived by {line.waiver.given_by}: {line.waiver.reason}"
    title = f"{line.result.title}{' (recommended)' if line.result.is_recommended else ''}"
    return title, line.result.section, badge(words(line.outcome), MARKS[line.outcome]), said
