"""Out to the identity provider and back."""

import logging
from datetime import datetime
from urllib.parse import urlsplit

from authlib.common.errors import AuthlibBaseError
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from joserfc.errors import JoseError
from requests import RequestException

from texture_portal import clock
from texture_portal.login import sessions, single_sign_on
from texture_portal.login.acts import note
from texture_portal.models import Act
from texture_portal.refusals import Refusal

NEXT = "portal_sso_next"
OF_ONES_OWN_DOING = ("same-origin", "none")  # our button, or the address bar: no other site's page logs anybody in
FROM_ELSEWHERE = "The browser does not say that this was asked for here: press the button of this page."
FAULTS = (AuthlibBaseError, JoseError, RequestException, KeyError, OSError, OverflowError, RuntimeError, ValueError)
log = logging.getLogger(__name__)


@never_cache
def start(request: HttpRequest) -> HttpResponse:
    if not settings.OIDC_ISSUER:
        raise Http404
    if not _is_of_ones_own_doing(request):
        messages.warning(request, FROM_ELSEWHERE)
        return redirect("admin:login")
    wanted = request.GET.get("next", "")
    fits = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    request.session[NEXT] = wanted if fits else reverse("admin:index")
    asked = single_sign_on.asking_anew() if request.session.get(sessions.ASK_ANEW) else {}
    try:
        away: HttpResponse = single_sign_on.client().authorize_redirect(request, _back_at(request), **asked)
    except FAULTS as fault:
        return _refuse(request, "The identity provider cannot be reached.", fault=fault)
    return away


@never_cache
def arrive(request: HttpRequest) -> HttpResponse:
    """A `state` is good once, in the session that asked; the answer must be of the issuer that was asked."""
    if not settings.OIDC_ISSUER:
        raise Http404
    now = clock.now()
    try:
        _check_issuer(request)
        claims = single_sign_on.claims_of(single_sign_on.client().authorize_access_token(request), now=now)
        _check_asked_anew(request, claims, now=now)
        user = single_sign_on.staff_for(claims, now=now)
    except Refusal as refusal:
        return _refuse(request, refusal.detail, fault=refusal)
    except FAULTS as fault:
        return _refuse(request, "The identity provider's answer cannot be used.", fault=fault)
    wanted = request.session.pop(NEXT, reverse("admin:index"))
    request.by_provider = True  # type: ignore[attr-defined]  # for what is written down about the log-in
    login(request, user, backend=settings.PERMISSIONS_BACKEND)
    sessions.provider_said(request, has_second_factor=claims.has_second_factor, asked_at=claims.asked_at)
    return redirect(wanted)


def _is_of_ones_own_doing(request: HttpRequest) -> bool:
    """A browser that does not say whose page led here (over plain HTTP none does) names the page itself: the console's
    pages let it. None at all proves nothing, since another site's page can have it left out."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site in OF_ONES_OWN_DOING
    page = urlsplit(request.headers.get("Referer", ""))
    return (page.scheme, page.netloc) == (request.scheme, request.get_host())


def _check_asked_anew(request: HttpRequest, claims: single_sign_on.Claims, *, now: datetime) -> None:
    """Where that was wanted. What it was wanted for stays shut; the next try opens the rest."""
    wanted = request.session.pop(sessions.ASK_ANEW, False)
    if wanted and not sessions.is_of_late(claims.asked_at, now=now):
        raise Refusal("not_asked_anew", "The identity provider did not ask anew who you are, or does not say when.")


def _check_issuer(request: HttpRequest) -> None:
    """Of two providers one may answer for the other (RFC 9207), which Authlib does not look at."""
    told, about = request.GET.get("iss"), single_sign_on.about_provider()
    if about["issuer"] != settings.OIDC_ISSUER or (told and told != about["issuer"]):
        raise Refusal("other_issuer", "The answer is of another identity provider.")
    if about.get("authorization_response_iss_parameter_supported") and not told:
        raise Refusal("other_issuer", "The answer does not say which identity provider it is of.")


def _back_at(request: HttpRequest) -> str:
    path = reverse("single_sign_on_arrive")
    return f"{settings.PORTAL_URL}{path}" if settings.PORTAL_URL else request.build_absolute_uri(path)


def _refuse(request: HttpRequest, why: str, *, fault: Exception) -> HttpResponse:
    """What the provider wrote is not shown or logged: only which fault it is."""
    kind = getattr(fault, "code", type(fault).__name__)
    log.warning("single sign-on refused: %s", kind)
    note(Act.What.LOGIN_REFUSED, by=None, request=request, because=str(kind))
    messages.error(request, why)
    return redirect("admin:login")
