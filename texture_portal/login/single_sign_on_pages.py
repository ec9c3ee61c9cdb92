"""Out to the identity provider and back."""

import logging

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
FAULTS = (AuthlibBaseError, JoseError, RequestException, KeyError, RuntimeError, ValueError)
log = logging.getLogger(__name__)


@never_cache
def start(request: HttpRequest) -> HttpResponse:
    if not settings.OIDC_ISSUER:
        raise Http404
    if request.headers.get("Sec-Fetch-Site") not in OF_ONES_OWN_DOING:
        return redirect("admin:login")
    wanted = request.GET.get("next", "")
    fits = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    request.session[NEXT] = wanted if fits else reverse("admin:index")
    try:
        away: HttpResponse = single_sign_on.client().authorize_redirect(request, _back_at(request))
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
        claims = single_sign_on.claims_of(single_sign_on.client().authorize_access_token(request))
        user = single_sign_on.staff_for(claims, now=now)
    except Refusal as refusal:
        return _refuse(request, refusal.detail, fault=refusal)
    except FAULTS as fault:
        return _refuse(request, "The identity provider's answer cannot be used.", fault=fault)
    wanted = request.session.pop(NEXT, reverse("admin:index"))
    request.by_provider = True  # type: ignore[attr-defined]  # for what is written down about the log-in
    login(request, user, backend=settings.PERMISSIONS_BACKEND)
    request.session[sessions.PROVED_ELSEWHERE] = claims.has_second_factor
    return redirect(wanted)


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
