"""The page on which like cases are decided together: choose, look at what would happen, carry out."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.forms import Media
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode

from enrollments import together
from enrollments.admin.case_verbs import DECIDE, TOGETHER, VERBS
from enrollments.models import ReviewCase
from enrollments.together import Outcome
from texture_portal import clock
from texture_portal.console.search import as_uuid
from texture_portal.console.verbs import Verb, VerbForm
from texture_portal.refusals import Refusal

QUEUE = "admin:enrollments_reviewcase_changelist"


class TogetherMixin:
    """Gives the queue its page, and the action that leads there from a selection."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.together_view)  # type: ignore[attr-defined]
        return [path("together/", view, name="enrollments_reviewcase_together"), *super().get_urls()]  # type: ignore[misc]

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(DECIDE)

    @admin.action(description="Decide together", permissions=["decide"])
    def decide_together(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        ids = queryset.order_by("due_at").values_list("pk", flat=True)[: together.MOST + 1]
        chosen = urlencode({"ids": list(ids)}, doseq=True)
        return redirect(f"{reverse('admin:enrollments_reviewcase_together')}?{chosen}")

    def together_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_decide_permission(request):
            raise PermissionDenied
        try:
            cases = _cases(request.POST if request.method == "POST" else request.GET)
            if request.method != "POST":
                return self._together_page(request, cases)
            return self._decide_together(request, cases)
        except Refusal as refusal:
            messages.error(request, f"{refusal.detail} Nothing was changed.")
            return redirect(QUEUE)

    def _decide_together(self, request: HttpRequest, cases: list[ReviewCase]) -> HttpResponse:
        verb = next((each for each in _verbs(cases) if each.name == request.POST.get("verb")), None)
        if verb is None:
            raise Refusal("state_conflict", "These cases take no such decision.")
        form = _form(verb, cases, request.POST)
        if not form.is_valid():
            return self._together_page(request, cases, refused={verb.name: form})
        now, user = clock.now(), request.user

        def decide(case: ReviewCase) -> str:
            return str(verb.call(case, form.cleaned_data, now, user))  # type: ignore[arg-type]

        if request.POST.get("step") != "carry-out":
            outcomes = list(together.preview(cases, decide))
            return self._together_page(request, cases, preview={"verb": verb, "form": form, "outcomes": outcomes})
        _tell(request, verb, list(together.carry_out(cases, decide)))
        return redirect(QUEUE)

    def _together_page(self, request: HttpRequest, cases: list[ReviewCase], **shown: Any) -> HttpResponse:
        refused: dict[str, VerbForm] = shown.get("refused", {})
        choices = [(verb, refused.get(verb.name) or _form(verb, cases)) for verb in _verbs(cases)]
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "title": "Decide together",
            "opts": self.opts,  # type: ignore[attr-defined]
            "cases": cases,
            "question": cases[0].get_kind_display(),
            "choices": choices,
            "media": sum((form.media for _, form in choices), Media()),
            **shown,
        }
        return TemplateResponse(request, "admin/enrollments/reviewcase/together.html", context)


def _cases(given: QueryDict) -> list[ReviewCase]:
    if (like := as_uuid(given.get("like", ""))) is not None:
        case = ReviewCase.objects.select_related("enrollment").filter(pk=like).first()
        return together.chosen(each.pk for each in together.like(case)) if case else together.chosen([])
    ids: list[UUID] = [found for each in given.getlist("ids") if (found := as_uuid(each)) is not None]
    return together.chosen(ids)


def _verbs(cases: list[ReviewCase]) -> list[Verb]:
    """Those that fit any of them: what a single one refuses is told of that one."""
    return [verb for verb in VERBS if verb.name in TOGETHER and any(map(verb.fits, cases))]


def _form(verb: Verb, cases: list[ReviewCase], posted: Any = None) -> VerbForm:
    """Like cases have like forms: the first stands for all."""
    return verb.form(posted, subject=cases[0], auto_id=f"{verb.name}_%s")


def _tell(request: HttpRequest, verb: Verb, outcomes: list[Outcome]) -> None:
    done = [each for each in outcomes if not each.refusal]
    if done:
        messages.success(request, f"{verb.title}: {len(done)} of {len(outcomes)} cases.")
    for each in outcomes:
        if each.refusal:
            messages.error(request, f"{each.case.enrollment.device}: {each.refusal} Nothing was changed there.")
