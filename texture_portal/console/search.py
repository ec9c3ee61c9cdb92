"""Searching big tables: the whole term against indexed columns, never a pattern over every row."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold import paginator

from texture_portal.console.looks import OnRecord

MOST_FOUND = 500  # rows that one term may lead to


def as_uuid(term: str) -> UUID | None:
    try:
        return UUID(term)
    except ValueError:
        return None


class InfinitePaginator(paginator.InfinitePaginator):
    """Skips over keys alone: without joining what stands beside every row before the page.

    Unfold's templates know by the class's name that there is no count to show.
    """

    def page(self, number: Any) -> Any:
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        keys = self.object_list.values_list("pk", flat=True)[start : start + self.per_page]
        return self._get_page(self.object_list.filter(pk__in=list(keys)), number, self)


class BigTable(OnRecord):
    """Lists without counting, newest first; `named` says which rows a term means.

    Most big tables are about people: who saw which rows is on record, unless `about_people` says that they are not.
    """

    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    search_fields = ("pk",)  # that there is a search box; `named` says what it does

    if TYPE_CHECKING:

        def named(self, term: str) -> Q: ...

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> "tuple[QuerySet[Any], bool]":
        term = search_term.strip().replace("\x00", "")
        return (queryset.filter(self.named(term)) if term else queryset), False
