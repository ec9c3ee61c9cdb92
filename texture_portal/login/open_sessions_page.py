"""The page on which staff see where they are logged in, and end it there."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth.decorators import user_passes_test
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from texture_portal import clock
from texture_portal.login import open_sessions, sessions
from texture_portal.models import StaffSession


@never_cache
@require_http_methods(["GET", "POST"])
@user_passes_test(lambda user: user.is_active and user.is_staff, login_url="/admin/login/")
def open_sessions_page(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    now, here = clock.now(), request.session.session_key
    if request.method == "POST":
        return _end(request, user)
    context = {
        **admin.site.each_context(request),
        "title": "Where you are logged in",
        "open": open_sessions.of(user, here=here, now=now),
        "next": reverse("admin:index"),
    }
    return TemplateResponse(request, "admin/open_sessions.html", context)


def _end(request: HttpRequest, user: Any) -> HttpResponse:
    """One that is named, or all but this one."""
    if not sessions.is_recent(request):
        return sessions.ask_again(request)
    chosen = StaffSession.objects.exclude(session_key=request.session.session_key)
    if named := request.POST.get("session"):
        chosen = chosen.filter(pk=_id(named))
    ended = open_sessions.end(user, chosen, now=clock.now(), by=user)
    messages.success(request, f"Ended: {ended}.")
    return redirect("open_sessions")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as fault:
        raise Http404 from fault
