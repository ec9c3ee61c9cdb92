"""Admin pages on which nothing can be typed over: what happens, happens by verbs."""

from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin, TabularInline

from texture_portal.console.marks import read_by
from texture_portal.console.verbs import VerbsMixin


class ReadOnly:
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnly, ModelAdmin):
    actions: Any = None
    show_full_result_count = False
    list_filter_submit = True


class ReadOnlyInline(ReadOnly, TabularInline):
    extra = 0
    can_delete = False
    show_change_link = False
    hide_title = True


class DetailAdmin(VerbsMixin, ReadOnlyAdmin):
    """One page that shows a row with all that belongs to it, and the buttons of its verbs."""

    detail_template = "console/detail.html"

    def detail_context(self, request: HttpRequest, subject: Any) -> dict[str, Any]:
        return {}

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        subject = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, subject):
            raise PermissionDenied
        if subject is None:
            gone: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return gone
        return self.detail_page(request, subject)

    def detail_page(self, request: HttpRequest, subject: Any, *, status: int = 200) -> HttpResponse:
        buttons = self.buttons(request, subject)
        with read_by(request.user):
            details = self.detail_context(request, subject)
        context = {
            **self.admin_site.each_context(request),
            **details,
            "title": str(self.opts.verbose_name).capitalize(),
            "subtitle": str(subject),
            "opts": self.opts,
            "original": subject,
            "object_id": str(subject.pk),
            "verbs": buttons,
            "media": sum((button.form.media for button in buttons), self.media),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.detail_template, context, status=status)
