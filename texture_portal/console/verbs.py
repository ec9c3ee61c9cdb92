"""Buttons of the admin: each posts a form to a view that makes one call. The rules are in what is called."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.widgets import UnfoldAdminTextareaWidget

from texture_portal import clock
from texture_portal.refusals import Refusal

LONGEST_REASON = 2000  # characters: a paragraph, not a paste


class VerbForm(forms.Form):
    """`subject` is the row that the verb is about."""

    def __init__(self, *args: Any, subject: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subject = subject


class ReasonForm(VerbForm):
    """What a verb asks for that changes or ends something."""

    reason = forms.CharField(
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="Goes into the history.",
    )


@dataclass(frozen=True, slots=True)
class ShownOnce:
    """What a verb made that is shown in its answer and never again."""

    title: str
    members: dict[str, str]


@dataclass(frozen=True, slots=True)
class Verb:
    """`call` takes the row, the form's values, the time and the user, and says what happened; it may raise `Refusal`.

    Where it made secrets, it gives them to be shown once instead; where it made a file, the answer that carries it.

    `fits` only says whether the button is worth showing.
    """

    name: str
    title: str
    explains: str
    permission: str
    call: Callable[[Any, dict[str, Any], datetime, User], "str | ShownOnce | HttpResponseBase"]
    fits: Callable[[Any], bool] = lambda subject: True
    form: type[VerbForm] = ReasonForm
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class Button:
    verb: Verb
    form: VerbForm
    url: str


class VerbsMixin:
    """Gives a ModelAdmin the buttons of `verbs`."""

    verbs: tuple[Verb, ...] = ()

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.verb_view)  # type: ignore[attr-defined]
        return [
            path("<path:object_id>/<slug:verb>/by-verb/", view, name=self._url_name()),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def buttons(self, request: HttpRequest, subject: Any) -> list[Button]:
        return [
            Button(verb, self._form(verb, subject), self._url(verb, subject))
            for verb in self.verbs
            if request.user.has_perm(verb.permission) and verb.fits(subject)
        ]

    def verb_view(self, request: HttpRequest, object_id: str, verb: str) -> HttpResponseBase:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        chosen = next((each for each in self.verbs if each.name == verb), None)
        if chosen is None:
            raise Http404
        if not request.user.has_perm(chosen.permission):
            raise PermissionDenied
        subject = self.get_object(request, unquote(object_id))  # type: ignore[attr-defined]
        if subject is None:
            raise Http404
        return self._carry_out(request, chosen, subject)

    def after(self, verb: Verb, subject: Any) -> str:
        """Where to go when it is done: back to the page."""
        return self._page(subject)

    def show_once(self, request: HttpRequest, subject: Any, shown: "ShownOnce") -> HttpResponse:
        """Secrets are in this one answer: no redirect, no session, no cache."""
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "media": self.media,  # type: ignore[attr-defined]
            "title": shown.title,
            "members": shown.members,
            "as_json": json.dumps(shown.members, indent=2),
            "back": self._page(subject),
        }
        answer = TemplateResponse(request, "console/shown_once.html", context)
        answer["Cache-Control"] = "no-store"
        return answer

    def _carry_out(self, request: HttpRequest, verb: Verb, subject: Any) -> HttpResponseBase:
        form = self._form(verb, subject, request.POST, request.FILES)
        if not form.is_valid():
            for fault in _faults(form):
                messages.error(request, f"{verb.title}: {fault} Nothing was changed.")
            return redirect(self._page(subject))
        try:
            happened = verb.call(subject, form.cleaned_data, clock.now(), request.user)  # type: ignore[arg-type]
        except Refusal as refusal:
            messages.error(request, f"{verb.title}: {refusal.detail} Nothing was changed.")
            return redirect(self._page(subject))
        if isinstance(happened, HttpResponseBase):
            return happened
        if isinstance(happened, ShownOnce):
            return self.show_once(request, subject, happened)
        messages.success(request, happened)
        return redirect(self.after(verb, subject))

    def _form(self, verb: Verb, subject: Any, posted: Any = None, files: Any = None) -> VerbForm:
        return verb.form(posted, files, subject=subject, auto_id=f"{verb.name}_%s")

    def _url(self, verb: Verb, subject: Any) -> str:
        return reverse(f"admin:{self._url_name()}", args=(quote(subject.pk), verb.name))

    def _url_name(self) -> str:
        options = self.opts  # type: ignore[attr-defined]
        return f"{options.app_label}_{options.model_name}_verb"

    def _page(self, subject: Any) -> str:
        options = self.opts  # type: ignore[attr-defined]
        return reverse(f"admin:{options.app_label}_{options.model_name}_change", args=(quote(subject.pk),))


def _faults(form: forms.Form) -> list[str]:
    return [
        str(fault) if name == "__all__" else f"{form.fields[name].label or name.capitalize()}: {fault}"
        for name, faults in form.errors.items()
        for fault in faults
    ]
