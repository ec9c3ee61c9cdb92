"""The last step: what is agreed to, in full, and the page that says that all is done."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from enrollments.linking.agreement import fingerprint, parts, terms_of, terms_of_programs
from enrollments.linking.completing import Agreement, chosen_of, complete
from enrollments.linking.forms import OptionalEmailForm
from enrollments.linking.granting import StepFailedError
from enrollments.linking.outcome import outcome_of
from enrollments.linking.pages.page import back_to_partner, ended, failed, go_on, mine, progress, show, step
from enrollments.linking.places import look_up, noted_address, noted_place
from enrollments.linking.visitor import browser_of, ip_address_of, user_agent_of
from enrollments.linking.words import DEVICE, PROGRAM
from enrollments.models import Enrollment, LinkSession, Terms
from programs.models import Program
from texture_portal import clock


@require_http_methods(["GET", "HEAD", "POST"])
@step("terms")
def terms(request: HttpRequest, session: LinkSession) -> HttpResponse:
    language, now = translation.get_language() or "en", clock.now()
    if session.cloud is None:
        return go_on(session)
    programs = list(Program.objects.filter(pk__in=session.notes.get("programs", [])).select_related("owner"))
    texts = [
        terms_of(session.cloud.partner, language=language, now=now), *terms_of_programs(programs, language=language)
    ]  # fmt: skip
    form = OptionalEmailForm(request.POST if request.method == "POST" else None)
    fault = ""
    if request.method == "POST" and form.is_valid():
        if request.POST.get("texts") != fingerprint(texts):
            fault = _("The text has changed since you opened this page. Read it once more.")
        elif not request.POST.get("agree"):
            fault = _("To go on, tick that you agree. If you do not agree, leave: nothing will be linked.")
        else:
            return _agreed(request, session, texts, programs, email=form.cleaned_data["email"])
    form.mark()
    return _shown(request, session, texts, programs, form=form, fault=fault)


@require_safe
def done(request: HttpRequest, session_id: UUID) -> HttpResponse:
    session = mine(request, session_id)
    if session is None or session.state != LinkSession.State.COMPLETED:
        return ended(request, "not_here")
    rows = Enrollment.objects.shown().filter(pk__in=session.linked)
    results = [outcome_of(each) for each in rows]
    return show(request, "link/done.html", session=session, results=results, back=back_to_partner(session))


def _agreed(
    request: HttpRequest, session: LinkSession, texts: list[Terms], programs: list[Program], *, email: str
) -> HttpResponse:
    address = noted_address(session)
    if address is None:
        return go_on(session)
    language = translation.get_language() or "en"
    agreement = Agreement(
        terms_version=texts[0].version,
        program_types=tuple(session.notes.get("types", [])),
        programs=tuple(programs),
        ip_address=ip_address_of(request),
        user_agent=user_agent_of(request),
        language=language,
        more=tuple(
            (f"programTerms:{each.program_id}", f"{each.version} sha256:{bytes(each.digest).hex()}")
            for each in texts[1:]
        ),
    )
    finding = look_up(address)  # outside any transaction
    try:
        linked = complete(
            session, agreement, finding=finding, email=email, browser=browser_of(request), now=clock.now()
        )
    except StepFailedError as fault:
        return failed(session, fault.code)
    return redirect("link-done", session_id=linked.pk)


def _shown(
    request: HttpRequest,
    session: LinkSession,
    texts: list[Terms],
    programs: list[Program],
    *,
    form: OptionalEmailForm,
    fault: str,
) -> HttpResponse:
    try:
        chosen = chosen_of(session)
    except StepFailedError as ended_by:
        return failed(session, ended_by.code)
    told: dict[str, Any] = {
        "devices": [(each.listed, DEVICE[each.listed.type]) for each in chosen],
        "address": noted_address(session),
        "place": noted_place(session),
        "programs": programs,
        "kinds": [] if programs else [PROGRAM[each] for each in session.notes.get("types", [])],
        "texts": [(each, list(parts(each.text))) for each in texts],
        "fingerprint": fingerprint(texts),
    }
    status = 422 if fault or form.errors else 200
    return show(
        request, "link/terms.html", session=session, form=form, fault=fault, status=status, **told, **progress("terms")
    )
