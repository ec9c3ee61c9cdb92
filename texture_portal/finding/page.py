"""The page of the one box."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from texture_portal.console.marks import NOTHING, breakable, link, read_by, table
from texture_portal.finding import Found, find


def find_page(request: HttpRequest) -> HttpResponse:
    term = request.GET.get("q", "").strip()
    found = find(request, term)
    if only := _only(found):
        return redirect(reverse(f"admin:{only._meta.app_label}_{only._meta.model_name}_change", args=(only.pk,)))
    with read_by(request.user):
        kinds = [(title, _table(rows)) for title, rows in found]
    context = {**admin.site.each_context(request), "title": "Find", "term": term, "kinds": kinds}
    request.current_app = admin.site.name
    return TemplateResponse(request, "admin/find.html", context)


def _only(found: list[tuple[str, list[Found]]]) -> Any:
    """What alone is meant needs no list."""
    return found[0][1][0].row if len(found) == 1 and len(found[0][1]) == 1 else None


def _table(rows: list[Found]) -> dict[str, Any]:
    return table(("What", "More"), ((link(each.row, each.name), breakable(each.detail or NOTHING)) for each in rows))
