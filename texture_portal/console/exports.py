"""A list as a file: its columns, its filters, its search, for those who may take it along. Each is on record.

Rows are read and written as they go out: a file of a hundred thousand needs no more memory than one of ten.
"""

import csv
import tempfile
from collections.abc import Iterator
from typing import Any

from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import PermissionDenied
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    StreamingHttpResponse,
)
from django.urls import URLPattern, path, reverse
from django.utils.html import strip_tags
from openpyxl import Workbook

from texture_portal import clock
from texture_portal.console import looks, saved_filters
from texture_portal.login.acts import note
from texture_portal.models import Act, Look

EXPORT = "texture_portal.export_list"
MOST_ROWS = 100_000
AT_ONCE = 1000
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would carry out
FORMS = ("csv", "xlsx")


class ExportMixin:
    """Gives a list its two files. The address takes the list's own query."""

    list_before_template = "console/list_ways.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)  # type: ignore[attr-defined]
        return [path("export/<slug:form>/", view, name=f"{self._stem()}_export"), *super().get_urls()]  # type: ignore[misc]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        page = reverse(f"admin:{self._stem()}_changelist")
        kept = saved_filters.shown(request, self.opts.label_lower, page)  # type: ignore[attr-defined]
        more = {"export_ways": self.export_ways(request), "saved_filters": kept}
        answer: HttpResponse = super().changelist_view(request, {**(extra_context or {}), **more})  # type: ignore[misc]
        return answer

    def export_ways(self, request: HttpRequest) -> dict[str, str]:
        """Where each form of what is listed is asked for; nothing for those who may not."""
        if not request.user.has_perm(EXPORT):
            return {}
        query = request.GET.copy()
        query.pop("p", None)
        asked = f"?{query.urlencode()}" if query else ""
        return {form: reverse(f"admin:{self._stem()}_export", args=(form,)) + asked for form in FORMS}

    def export_view(self, request: HttpRequest, form: str) -> HttpResponseBase:
        """By POST: that it was asked for is written down, before the first row leaves."""
        if not (request.user.has_perm(EXPORT) and self.has_view_permission(request)):  # type: ignore[attr-defined]
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if form not in FORMS:
            raise Http404
        listed = self.get_changelist_instance(request).queryset[:MOST_ROWS]  # type: ignore[attr-defined]
        self._note(request, form)
        rows = self._rows(request, listed)
        name = f"{self.opts.model_name}-{clock.now():%Y%m%d-%H%M%S}.{form}"  # type: ignore[attr-defined]
        return _csv(rows, name) if form == "csv" else _excel(rows, name)

    def _note(self, request: HttpRequest, form: str) -> None:
        user: Any = request.user
        label = self.opts.label_lower  # type: ignore[attr-defined]
        chosen = sorted(name for name in request.GET if request.GET[name])
        note(Act.What.EXPORTED, by=user, request=request, about=label, form=form, narrowed_by=chosen)

    def _rows(self, request: HttpRequest, listed: Any) -> Iterator[list[str]]:
        of: Any = self
        columns = [name for name in self.get_list_display(request) if name != "action_checkbox"]  # type: ignore[attr-defined]
        yield ["id", *(str(label_for_field(name, of.model, of)) for name in columns)]
        batch: list[Any] = []
        for row in listed.iterator(chunk_size=AT_ONCE):
            batch.append(row.pk)
            yield [str(row.pk), *(_cell(name, row, self) for name in columns)]
            if len(batch) == AT_ONCE:
                looks.note(request, Look.What.EXPORTED, self.model, batch)  # type: ignore[attr-defined]
                batch = []
        looks.note(request, Look.What.EXPORTED, self.model, batch)  # type: ignore[attr-defined]

    def _stem(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"  # type: ignore[attr-defined]


def _cell(name: str, row: Any, model_admin: Any) -> str:
    """As people read it on the page, without its marks, and never a formula."""
    value = lookup_field(name, row, model_admin)[2]
    value = value[1] if isinstance(value, tuple) else value
    text = "" if value is None or value == "-" else " ".join(strip_tags(str(value)).split())
    return f"'{text}" if text.startswith(FORMULAS) else text


class _Echo:
    def write(self, line: str) -> str:
        return line


def _csv(rows: Iterator[list[str]], name: str) -> StreamingHttpResponse:
    writer = csv.writer(_Echo())
    return StreamingHttpResponse(
        (writer.writerow(row) for row in rows), content_type="text/csv; charset=utf-8", headers=_as_file(name)
    )


def _excel(rows: Iterator[list[str]], name: str) -> FileResponse:
    """Its end says where everything is, so it goes out when it is whole; write-only, it is never whole in memory."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("List")
    for row in rows:
        sheet.append(row)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    book.save(file)
    file.seek(0)
    return FileResponse(file, content_type=EXCEL, as_attachment=True, filename=name)


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
