"""The buttons of an enrollment that take its evidence along: as a bundle, or as a page to print."""

from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, path, reverse

from enrollments.evidence import bundle, paper
from enrollments.evidence.access import by_user
from enrollments.evidence.bundle import Bundle
from enrollments.models import Enrollment, EvidenceAccess
from texture_portal import clock

EXPORT = "enrollments.export_evidence"
FORMS = {"json": EvidenceAccess.What.BUNDLE, "page": EvidenceAccess.What.PAGE}


class EvidenceExportMixin:
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.evidence_view)  # type: ignore[attr-defined]
        return [
            path("<path:object_id>/evidence/<slug:form>/", view, name="enrollments_enrollment_evidence"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def evidence_buttons(self, request: HttpRequest, enrollment: Enrollment) -> dict[str, str]:
        """Where each form of it is asked for; nothing for those who may not."""
        if not request.user.has_perm(EXPORT):
            return {}
        return {form: reverse("admin:enrollments_enrollment_evidence", args=(enrollment.pk, form)) for form in FORMS}

    def evidence_view(self, request: HttpRequest, object_id: str, form: str) -> HttpResponse:
        """By POST: that it was asked for is written down."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm(EXPORT):
            raise PermissionDenied
        enrollment = self.get_object(request, unquote(object_id))  # type: ignore[attr-defined]
        if enrollment is None or form not in FORMS:
            raise Http404
        by: Any = request.user
        reason = request.POST.get("reason", "")
        made = bundle.export(enrollment.pk, what=FORMS[form], now=clock.now(), by=by_user(by), reason=reason)
        return _answer(made, form)


def _answer(made: Bundle, form: str) -> HttpResponse:
    if form == "page":
        return HttpResponse(paper.page_of(made))
    named = {"Content-Disposition": f'attachment; filename="{made.name}.json"'}
    return HttpResponse(made.as_file(), content_type="application/json", headers=named)
