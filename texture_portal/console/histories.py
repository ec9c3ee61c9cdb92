"""Rows that are typed over, with what they were before: to be read, by whoever may read that."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin

from texture_portal.console.marks import NOTHING, at, table

TYPED = "typed on its page"


class HistoryAdmin(SimpleHistoryAdmin, ModelAdmin):
    """simple-history lets everybody who may view a row post an old version back over it, with all its fields as they
    were: what an auditor must not do at all, and nobody around the verbs.
    """

    enforce_history_permissions = True
    object_history_list_template = "console/history_list.html"
    object_history_form_template = "console/history_version.html"

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj._change_reason = TYPED
        super().save_model(request, obj, form, change)

    def history_form_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        page: HttpResponse = super().history_form_view(request, *args, **kwargs)
        return page

    def render_history_view(
        self, request: HttpRequest, template: str, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        shown = {"versions": self._versions(context["page_obj"])} if "page_obj" in context else {}
        page: HttpResponse = super().render_history_view(request, template, context | shown, **kwargs)
        return page

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        shown = {"show_history": self.has_view_history_or_change_history_permission(request)}
        page: HttpResponse = super().change_view(request, object_id, form_url, {**shown, **(extra_context or {})})
        return page

    def _versions(self, records: Iterable[Any]) -> dict[str, Any]:
        return table(
            ("When", "What", "Who", "Why", "Changes"),
            (
                (
                    self._link(each),
                    each.get_history_type_display(),
                    each.history_user.get_username() if each.history_user else "the portal",
                    each.history_change_reason or NOTHING,
                    _changes(each),
                )
                for each in records
            ),
        )

    def _link(self, version: Any) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_simple_history"
        page = reverse(name, args=(getattr(version, self.opts.pk.attname), version.pk))
        look = "text-primary-600 dark:text-primary-500"
        return format_html('<a href="{}" class="{}">{}</a>', page, look, at(version.history_date))


def _changes(version: Any) -> str:
    """simple-history tells them of all but the first on a page."""
    told = getattr(version, "history_delta_changes", [])
    return format_html_join("", "<div>{}: {} → {}</div>", _pairs(told)) or NOTHING


def _pairs(changes: Iterable[dict[str, Any]]) -> Iterable[tuple[Any, ...]]:
    return ((each["field"], _shown(each["old"]), _shown(each["new"])) for each in changes)


def _shown(value: Any) -> Any:
    """simple-history gives nothing as the word for it."""
    return value if value not in ("", "None", None) else NOTHING
