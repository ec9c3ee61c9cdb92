"""What the maker's answer leads to where somebody logs in by it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from enrollments.account import by_oauth, visits
from enrollments.linking.granting import StepFailedError
from enrollments.models import LinkSession
from texture_portal import clock


def signed_in_by_oauth(request: HttpRequest, session: LinkSession) -> HttpResponse:
    now = clock.now()
    try:
        customers = by_oauth.recognise(session, now=now)
    except StepFailedError as fault:
        return redirect("link-told", code=fault.code)
    visits.let_in(request, customers, now=now)
    return redirect("account")
