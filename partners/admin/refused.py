"""What was refused to partners, so that staff can answer "why was mine refused?" with what to do about it."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html_join
from unfold.contrib.filters.admin import DropdownFilter, RadioFilter, RelatedDropdownFilter
from unfold.decorators import display

from partners.admin.marks import enrollment_link
from partners.models import Partner, RefusedRequest
from partners.problems import PROBLEMS
from texture_portal.console.filters import WhenFilter
from texture_portal.console.marks import at, badge, link, words
from texture_portal.console.pages import DetailAdmin
from texture_portal.console.search import BigTable, as_uuid


class CodeFilter(DropdownFilter):
    """The contract's codes: asking the table which of them it holds would read all of it."""

    title = "code"
    parameter_name = "code"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(code, code) for code in sorted(PROBLEMS)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(code=self.value()) if self.value() else queryset


class FlaggedFilter(RadioFilter):
    title = "flag"
    parameter_name = "flagged"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "To be looked at")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.exclude(flag="") if self.value() == "yes" else queryset


@admin.register(RefusedRequest)
class RefusedRequestAdmin(BigTable, DetailAdmin):
    detail_template = "admin/partners/refusedrequest/detail.html"
    list_display = ("when", "partner", "outcome", "title", "asked", "subject", "flag_mark", "short_id")
    list_filter = (("partner", RelatedDropdownFilter), CodeFilter, FlaggedFilter, ("at", WhenFilter))
    list_select_related = ("partner",)
    search_help_text = "Whole request id, device or enrollment id, or a partner's name"
    ordering = ("-id",)  # identifiers of version 7 are in the order of creation
    sortable_by = ()

    def named(self, term: str) -> Q:
        partners = list(Partner.objects.filter(name__icontains=term).values_list("pk", flat=True))
        wanted = Q(subject=term) | Q(partner__in=partners)
        identifier = as_uuid(term)
        return wanted if identifier is None else wanted | Q(pk=identifier) | Q(batch_id=identifier)

    def detail_context(self, request: HttpRequest, subject: RefusedRequest) -> dict[str, Any]:
        return {"refusal": refusal_facts(subject), "request_facts": request_facts(subject)}

    @display(description="Request id")
    def short_id(self, refused: RefusedRequest) -> str:
        return str(refused.pk)

    @display(description="When")
    def when(self, refused: RefusedRequest) -> str:
        return at(refused.at)

    @display(description="Outcome", label=True)
    def outcome(self, refused: RefusedRequest) -> str:
        return f"{refused.status} {refused.code}"

    @display(description="In words")
    def title(self, refused: RefusedRequest) -> str:
        return PROBLEMS[refused.code].title if refused.code in PROBLEMS else ""

    @display(description="Request")
    def asked(self, refused: RefusedRequest) -> str:
        return f"{refused.method} {refused.path}"

    @display(description="Flag")
    def flag_mark(self, refused: RefusedRequest) -> str:
        return badge(words(refused.flag), "warning") if refused.flag else ""


def refusal_facts(refused: RefusedRequest) -> list[tuple[str, Any]]:
    """A code that the contract no longer has is told without its words."""
    problem = PROBLEMS.get(refused.code)
    pairs = ((fault["pointer"] or "the whole request", fault["code"]) for fault in refused.faults)
    return [
        ("Outcome", badge(f"{refused.status} {refused.code}", "danger")),
        ("What it means", problem.title if problem else "-"),
        ("What to do", problem.remedy if problem else "-"),
        ("Category", words(problem.category) if problem else "-"),
        ("Faults", format_html_join("", "<div>{}: <code>{}</code></div>", pairs) or "-"),
        ("Flag", badge(words(refused.flag), "warning") if refused.flag else "-"),
    ]


def request_facts(refused: RefusedRequest) -> list[tuple[str, Any]]:
    return [
        ("Request id", refused.batch_id or refused.pk),
        ("Partner", link(refused.partner)),
        ("When", at(refused.at)),
        ("Request", f"{refused.method} {refused.path}"),
        ("About", refused.subject or "-"),
        ("It ran into", enrollment_link(refused.about)),
    ]
