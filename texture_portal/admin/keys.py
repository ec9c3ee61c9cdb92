"""Keys and secrets: one page for all. What is done about them, is done by commands and on the partners' pages."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from texture_portal import clock, keys_page
from texture_portal.console.marks import at, read_by
from texture_portal.console.pages import DetailAdmin
from texture_portal.models import Key


@admin.register(Key)
class KeysAdmin(DetailAdmin):
    detail_template = "admin/texture_portal/key/detail.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        with read_by(request.user):
            told = keys_page.context(request.user, now=clock.now())
        context = {
            **self.admin_site.each_context(request),
            **told,
            "title": "Keys and secrets",
            "opts": self.opts,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/texture_portal/key/keys.html", context)

    def detail_context(self, request: HttpRequest, subject: Key) -> dict[str, Any]:
        return {
            "facts": [
                ("Name", subject.ring),
                ("Fingerprint", subject.fingerprint),
                ("Known since", at(subject.first_seen_at)),
                ("Signs and seals since", at(subject.leads_since)),
                ("Last used", at(subject.last_used_at)),
                ("Last seen in a process", at(subject.seen_at)),
            ]
        }
