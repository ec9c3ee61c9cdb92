"""The page on which rows of a list are changed together: choose a verb, look at what would happen, carry out."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.forms import Media
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode

from texture_portal import clock, rehearsal
from texture_portal.console.search import as_uuid
from texture_portal.console.verbs import Verb, VerbForm
from texture_portal.refusals import Refusal
from texture_portal.rehearsal import MOST, Outcome


class TogetherMixin:
    """Gives a list the page, and the action that leads there from a selection. Rows have UUIDs.

    `together_verbs` names those of `verbs` that are for many rows, too.
    """

    together_verbs: tuple[str, ...] = ()
    actions = ("act_together",)
    list_disable_select_all = True

    def together_rows(self, request: HttpRequest, given: QueryDict) -> list[Any]:
        """Raises `Refusal` where they cannot be changed together."""
        ids = [found for each in given.getlist("ids") if (found := as_uuid(each)) is not None]
        rows = list(self.get_queryset(request).filter(pk__in=ids[: MOST + 1]))  # type: ignore[attr-defined]
        if not rows:
            raise Refusal("not_found", "None of these rows is there.")
        if len(rows) > MOST:
            raise Refusal("validation_failed", f"At most {MOST} are changed together.")
        return rows

    def together_title(self, rows: list[Any]) -> str:
        return f"{len(rows)} {self.together_noun()}"

    def together_noun(self) -> str:
        return str(self.opts.verbose_name_plural)  # type: ignore[attr-defined]

    def together_label(self, row: Any) -> str:
        return str(row)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.together_view)  # type: ignore[attr-defined]
        return [path("together/", view, name=self._together_name()), *super().get_urls()]  # type: ignore[misc]

    def has_together_permission(self, request: HttpRequest) -> bool:
        return any(request.user.has_perm(verb.permission) for verb in self._for_many())

    @admin.action(description="Do together, after a preview", permissions=["together"])
    def act_together(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        chosen = urlencode({"ids": list(queryset.values_list("pk", flat=True)[: MOST + 1])}, doseq=True)
        return redirect(f"{reverse(f'admin:{self._together_name()}')}?{chosen}")

    def together_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_together_permission(request):
            raise PermissionDenied
        given = request.POST if request.method == "POST" else request.GET
        try:
            rows = self.together_rows(request, given)
            return self._act(request, rows) if request.method == "POST" else self._choices(request, rows)
        except Refusal as refusal:
            messages.error(request, f"{refusal.detail} Nothing was changed.")
            return redirect(self._together_list())

    def _act(self, request: HttpRequest, rows: list[Any]) -> HttpResponse:
        verb = next((each for each in self._fitting(request, rows) if each.name == request.POST.get("verb")), None)
        if verb is None:
            raise Refusal("state_conflict", "There is no such thing to do with them.")
        form = _form(verb, rows, request.POST)
        if not form.is_valid():
            return self._choices(request, rows, refused={verb.name: form})
        move = _move(verb, form, request)
        if request.POST.get("step") != "carry-out":
            outcomes = list(rehearsal.preview(rows, move))
            return self._together_page(request, preview={"verb": verb, "form": form, "outcomes": self._named(outcomes)})
        self._tell(request, verb, list(rehearsal.carry_out(rows, move)))
        return redirect(self._together_list())

    def _choices(
        self, request: HttpRequest, rows: list[Any], refused: dict[str, VerbForm] | None = None
    ) -> HttpResponse:
        choices = [(verb, (refused or {}).get(verb.name) or _form(verb, rows)) for verb in self._fitting(request, rows)]
        return self._together_page(
            request,
            rows=[(row, self.together_label(row), self._row_url(row)) for row in rows],
            question=self.together_title(rows),
            choices=choices,
            media=sum((form.media for _, form in choices), Media()),
        )

    def _together_page(self, request: HttpRequest, **shown: Any) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "title": "Do together",
            "opts": self.opts,  # type: ignore[attr-defined]
            **shown,
        }
        return TemplateResponse(request, "console/together.html", context)

    def _for_many(self) -> list[Verb]:
        return [verb for verb in self.verbs if verb.name in self.together_verbs]  # type: ignore[attr-defined]

    def _fitting(self, request: HttpRequest, rows: list[Any]) -> list[Verb]:
        """Those that fit any row: what a single one refuses is told of that one."""
        return [
            verb for verb in self._for_many() if request.user.has_perm(verb.permission) and any(map(verb.fits, rows))
        ]

    def _tell(self, request: HttpRequest, verb: Verb, outcomes: list[Outcome[Any]]) -> None:
        done = [each for each in outcomes if not each.refusal]
        if done:
            messages.success(request, f"{verb.title}: {len(done)} of {len(outcomes)} {self.together_noun()}.")
        for each, label in self._named(outcomes):
            if each.refusal:
                messages.error(request, f"{label}: {each.refusal} Nothing was changed there.")

    def _named(self, outcomes: list[Outcome[Any]]) -> list[tuple[Outcome[Any], str]]:
        return [(each, self.together_label(each.row)) for each in outcomes]

    def _row_url(self, row: Any) -> str:
        url: str = self._page(row)  # type: ignore[attr-defined]
        return url

    def _together_name(self) -> str:
        options = self.opts  # type: ignore[attr-defined]
        return f"{options.app_label}_{options.model_name}_together"

    def _together_list(self) -> str:
        options = self.opts  # type: ignore[attr-defined]
        return reverse(f"admin:{options.app_label}_{options.model_name}_changelist")


def _form(verb: Verb, rows: list[Any], posted: Any = None) -> VerbForm:
    """Rows that are changed together have like forms: the first stands for all."""
    return verb.form(posted, subject=rows[0], auto_id=f"{verb.name}_%s")


def _move(verb: Verb, form: VerbForm, request: HttpRequest) -> Callable[[Any], str]:
    now, user = clock.now(), request.user
    return lambda row: str(verb.call(row, form.cleaned_data, now, user))  # type: ignore[arg-type]
