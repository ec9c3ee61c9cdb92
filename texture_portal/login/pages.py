"""The page on which staff set their second factor up, prove it, and look after it."""

from typing import Any

import segno
from django import forms
from django.contrib import admin
from django.contrib.auth.decorators import user_passes_test
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from unfold.widgets import UnfoldAdminTextInputWidget

from texture_portal import clock
from texture_portal.login import second_factor, sessions
from texture_portal.models import Authenticator

LOGIN = "/admin/login/"
ANEW, CODES = "anew", "codes"  # what else is asked for on the page


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=40,
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "one-time-code", "inputmode": "text", "autofocus": True, "spellcheck": "false"}
        ),
    )


@never_cache
@sensitive_post_parameters("code")
@user_passes_test(lambda user: user.is_active and user.is_staff, login_url=LOGIN)
def second_factor_page(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    has_one = second_factor.authenticator_of(user) is not None
    if has_one and not user.is_verified():
        return _prove(request)
    wants_codes = request.method == "POST" and request.POST.get("do") == CODES
    if has_one and (wants_codes or request.GET.get("do") == ANEW) and not sessions.is_recent(request):
        return sessions.ask_again(request)
    if not has_one or request.GET.get("do") == ANEW:
        return _set_up(request)
    if wants_codes:
        return _codes(request, second_factor.new_recovery_codes(request, user, now=clock.now()))
    return _page(request, "look_after", "Your second factor")


def _prove(request: HttpRequest) -> HttpResponse:
    form = CodeForm(request.POST or None, auto_id="code_%s")
    user: Any = request.user
    if form.is_valid():
        if second_factor.prove(request, user, code=form.cleaned_data["code"], now=clock.now()):
            return redirect(_where_to(request))
        form.add_error("code", _wrong(request))
    form.fields["code"].help_text = "The six digits of your authenticator, or one of your recovery codes."
    return _page(request, "prove", "One more step", form=form)


def _set_up(request: HttpRequest) -> HttpResponse:
    form = CodeForm(request.POST or None, auto_id="code_%s")
    user: Any = request.user
    if form.is_valid():
        codes = second_factor.confirm(request, user, code=form.cleaned_data["code"], now=clock.now())
        if codes is not None:
            return _codes(request, codes)
        form.add_error("code", _wrong(request))
    form.fields["code"].help_text = "The six digits that it shows then."
    device = second_factor.begin(user)
    return _page(request, "set_up", "Set up your second factor", form=form, qr=_qr(device), key=_typed(device))


def _codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    return _page(request, "codes", "Your recovery codes", codes=codes)


def _wrong(request: HttpRequest) -> str:
    user: Any = request.user
    wait = second_factor.must_wait(user, now=clock.now())
    return "That is not the code of now." + (f" The next one is looked at in {wait} s." if wait else "")


def _page(request: HttpRequest, part: str, title: str, **shown: Any) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": title, "next": _where_to(request), **shown}
    return TemplateResponse(request, f"admin/second_factor/{part}.html", context)


def _where_to(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    fits = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if fits else reverse("admin:index")


def _qr(device: Authenticator) -> SafeString:
    """Drawn here, in the page: no other server and no file learns the key."""
    drawn = segno.make(device.config_url, error="m").svg_inline(scale=5, border=2, light="#fff", dark="#000")
    return mark_safe(drawn)  # noqa: S308  # segno's own drawing, with nothing typed in it


def _typed(device: Authenticator) -> str:
    """For whoever cannot take a picture: in groups of four."""
    key = device.config_url.partition("secret=")[2].partition("&")[0]
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))
