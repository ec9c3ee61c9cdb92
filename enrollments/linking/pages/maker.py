"""The first step: whose device it is, off to that company, and back from there."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from enrollments.account.arriving import signed_in_by_oauth
from enrollments.linking import makers
from enrollments.linking.granting import StepFailedError, come_back, send_away
from enrollments.linking.pages.page import callback_uri, ended, failed, go_on, progress, show, step, through
from enrollments.linking.visitor import browser_of
from enrollments.models import LinkSession
from texture_portal import clock
from texture_portal.gates import Gate


@require_http_methods(["GET", "HEAD", "POST"])
@through(Gate.VISIT)
@step("maker")
def maker(request: HttpRequest, session: LinkSession) -> HttpResponse:
    offered = makers.offered(session)
    if not offered:
        return ended(request, "no_makers", session=session)
    if request.method != "POST":
        addresses = [cloud.authorize_url for cloud in offered]
        return show(
            request, "link/maker.html", sends_to=addresses, session=session, clouds=offered, **progress("maker")
        )
    cloud = next((cloud for cloud in offered if str(cloud.pk) == request.POST.get("cloud")), None)
    if cloud is None:
        return redirect("link-maker", session_id=session.pk)
    try:
        away_to = send_away(
            session, cloud, redirect_uri=callback_uri(request, cloud.pk), browser=browser_of(request), now=clock.now()
        )
    except StepFailedError as fault:
        return failed(session, fault.code)
    response = HttpResponse(status=303)
    response.headers["Location"] = away_to
    return response


@require_safe
def callback(request: HttpRequest, cloud_id: UUID) -> HttpResponse:
    """Where the maker's cloud sends the browser back to."""
    answer = {name: values[0] for name, values in request.GET.lists() if len(values) == 1}
    try:
        session = come_back(
            answer, redirect_uri=callback_uri(request, cloud_id), browser=browser_of(request), now=clock.now()
        )
    except StepFailedError as fault:
        return _told_of(fault)
    if session.purpose == LinkSession.Purpose.SIGN_IN:
        return signed_in_by_oauth(request, session)
    return go_on(session)


def _told_of(fault: StepFailedError) -> HttpResponse:
    """A visit that may go on shows it itself, and offers the next step."""
    if fault.session is None or fault.session.purpose == LinkSession.Purpose.SIGN_IN:
        return redirect("link-told", code=fault.code)
    return redirect("link-problem", session_id=fault.session.pk)
