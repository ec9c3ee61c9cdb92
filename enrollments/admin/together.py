"""Like cases are decided together, on the console's page for that."""

from typing import Any

from django.http import HttpRequest, QueryDict

from enrollments import together
from enrollments.admin.case_verbs import TOGETHER
from enrollments.models import ReviewCase
from texture_portal.console.search import as_uuid
from texture_portal.console.together import TogetherMixin


class LikeCasesMixin(TogetherMixin):
    """Reached from a selection, and from a case that others are like."""

    together_verbs = TOGETHER

    def together_rows(self, request: HttpRequest, given: QueryDict) -> list[Any]:
        if (like := as_uuid(given.get("like", ""))) is None:
            return together.chosen(found for each in given.getlist("ids") if (found := as_uuid(each)) is not None)
        case = ReviewCase.objects.select_related("enrollment").filter(pk=like).first()
        return together.chosen(each.pk for each in together.like(case)) if case else together.chosen([])

    def together_title(self, rows: list[Any]) -> str:
        return str(rows[0].get_kind_display())

    def together_noun(self) -> str:
        return "cases"

    def together_label(self, row: Any) -> str:
        return f"{row.enrollment.partner.name}, {row.enrollment.site}, due {row.due_at:%b %-d, %H:%M} UTC"
