"""The pages of My devices: each reads what was sent, calls one verb, and leads on."""

import json
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from enrollments.account import by_email, leaving, visits
from enrollments.account.download import document
from enrollments.account.events import events_of
from enrollments.account.story import story
from enrollments.linking import makers, sessions
from enrollments.linking.forms import EmailForm
from enrollments.linking.granting import StepFailedError, send_away
from enrollments.linking.outcome import outcome_of
from enrollments.linking.pages.page import callback_uri, ended, show, through
from enrollments.linking.visitor import browser_of
from enrollments.linking.words import PROGRAM
from enrollments.models import DeletionRequest, Enrollment, LinkSession
from partners.models import Customer
from programs.models import Program
from texture_portal import clock
from texture_portal.content_security import FORGET
from texture_portal.gates import Gate
from texture_portal.refusals import Refusal

Page = Callable[..., HttpResponse]


def logged_in(view: Page) -> Page:
    """The page for who is logged in; others are asked to."""

    @wraps(view)
    def shown(request: HttpRequest, **path: Any) -> HttpResponse:
        customers = visits.visitors(request, now=clock.now())
        return view(request, customers, **path) if customers else redirect("account")

    return shown


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    customers = visits.visitors(request, now=clock.now())
    if not customers:
        return _way_in(request, EmailForm())
    rows = [outcome_of(each) for each in _theirs(customers).shown().order_by("-created_at")]
    asked = (
        DeletionRequest.objects.filter(customer__in=customers, done_at=None, refused_at=None).order_by("due_at").last()
    )
    open_ones = [row for row in rows if row.enrollment.state not in leaving.ENDED]
    over = [row for row in rows if row not in open_ones]
    return show(request, "account/front.html", open_ones=open_ones, over=over, asked=asked)


@require_POST
@through(Gate.MAIL)
def ask_email(request: HttpRequest) -> HttpResponse:
    form = EmailForm(request.POST)
    if not form.is_valid():
        form.mark()
        return _way_in(request, form, status=422)
    language = translation.get_language() or "en"
    origin = by_email.Origin(f"{request.scheme}://{request.get_host()}", language)
    by_email.ask(form.cleaned_data["email"], origin=origin, now=clock.now())
    return redirect("account-mailed")


@require_safe
def mailed(request: HttpRequest) -> HttpResponse:
    return show(request, "account/mailed.html")


@require_http_methods(["GET", "HEAD", "POST"])
@through(Gate.WAY_IN)
def come_in(request: HttpRequest, token: str) -> HttpResponse:
    """What the e-mail leads to. Looking at it uses nothing up: mail programs do that too."""
    now, fault = clock.now(), ""
    if request.method == "POST":
        customers = by_email.take(token, zip_code=request.POST.get("zip", ""), now=now)
        if customers:
            visits.let_in(request, customers, now=now)
            return redirect("account")
        fault = _("This is not the ZIP code of your device. Check it, and try again.")
    if not by_email.is_good(token, now=now):
        return show(request, "account/spent.html", status=410)
    asks_zip = by_email.asks_zip(token, now=now)
    return show(request, "account/come_in.html", asks_zip=asks_zip, fault=fault, status=422 if fault else 200)


@require_POST
@through(Gate.VISIT)
def ask_maker(request: HttpRequest) -> HttpResponse:
    cloud = next((each for each in makers.linkable() if str(each.pk) == request.POST.get("cloud")), None)
    if cloud is None:
        return redirect("account")
    browser, now = browser_of(request), clock.now()
    language = translation.get_language() or "en"
    session = sessions.begin(purpose=LinkSession.Purpose.SIGN_IN, language=language, browser=browser, now=now)
    try:
        away_to = send_away(session, cloud, redirect_uri=callback_uri(request, cloud.pk), browser=browser, now=now)
    except StepFailedError as fault:
        sessions.leave(session, now=now)
        return ended(request, fault.code)
    response = HttpResponse(status=303)
    response.headers["Location"] = away_to
    return response


@require_safe
@logged_in
def device(request: HttpRequest, customers: list[Customer], enrollment_id: UUID) -> HttpResponse:
    enrollment = _theirs(customers).shown().filter(pk=enrollment_id).first()
    if enrollment is None:
        return ended(request, "not_here")
    result = outcome_of(enrollment)
    programs = [(program, PROGRAM[program.type]) for program in result.programs]
    return show(
        request, "account/device.html", result=result, programs=programs, entries=story(enrollment),
        events=events_of(enrollment), consents=enrollment.consents.all(),
        is_over=enrollment.state in leaving.ENDED, zone=enrollment.site.timezone or settings.TIME_ZONE,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@logged_in
def leave_program(
    request: HttpRequest, customers: list[Customer], enrollment_id: UUID, program_id: UUID
) -> HttpResponse:
    enrollment = _theirs(customers).shown().filter(pk=enrollment_id).first()
    programs = outcome_of(enrollment).programs if enrollment else ()
    program: Program | None = next((each for each in programs if each.pk == program_id), None)
    if enrollment is None or program is None:
        return ended(request, "not_here")
    if request.method == "POST":
        leaving.leave_program(enrollment, program, now=clock.now())
        return redirect("account-device", enrollment_id=enrollment.pk)
    return show(request, "account/leave.html", result=outcome_of(enrollment), program=program)


@require_POST
@logged_in
def sit_out(request: HttpRequest, customers: list[Customer], enrollment_id: UUID, event_id: UUID) -> HttpResponse:
    enrollment = _theirs(customers).filter(pk=enrollment_id).first()
    if enrollment is None:
        return ended(request, "not_here")
    with suppress(Refusal):  # it is over meanwhile: the page that follows shows what became of it
        leaving.sit_out(enrollment, event_id, now=clock.now())
    return redirect("account-device", enrollment_id=enrollment.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@logged_in
def end_everything(request: HttpRequest, customers: list[Customer]) -> HttpResponse:
    if request.method == "POST":
        leaving.end_everything(customers, now=clock.now())
        return redirect("account-ended")
    rows = _theirs(customers).shown().exclude(state__in=leaving.ENDED)
    return show(request, "account/end.html", results=[outcome_of(each) for each in rows])


@require_safe
@logged_in
def everything_ended(request: HttpRequest, customers: list[Customer]) -> HttpResponse:
    return show(request, "account/ended.html")


@require_http_methods(["GET", "HEAD", "POST"])
@logged_in
def delete(request: HttpRequest, customers: list[Customer]) -> HttpResponse:
    if request.method == "POST":
        leaving.ask_for_deletion(customers, now=clock.now())
        return redirect("account")
    return show(request, "account/delete.html", days=settings.DELETED_WITHIN_DAYS)


@require_POST
@logged_in
def download(request: HttpRequest, customers: list[Customer]) -> HttpResponse:
    body = json.dumps(document(customers, now=clock.now()), ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": 'attachment; filename="my-devices.json"'}
    return HttpResponse(body, content_type="application/json", headers=headers)


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    visits.let_out(request)
    answer = redirect("account")
    answer["Clear-Site-Data"] = FORGET
    return answer


def _way_in(request: HttpRequest, form: EmailForm, *, status: int = 200) -> HttpResponse:
    clouds = list(makers.linkable())
    return show(
        request, "account/way_in.html", form=form, clouds=clouds, status=status,
        sends_to=[cloud.authorize_url for cloud in clouds],
    )  # fmt: skip


def _theirs(customers: list[Customer]) -> Any:
    return Enrollment.objects.filter(customer__in=customers)
