"""Records that partners owe, and those that came. Opening one is on record."""

import base64
import json
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, path, reverse
from unfold.decorators import display

from enrollments.admin.evidence_export import EXPORT
from enrollments.admin.search import HELP, enrollment_ids
from enrollments.evidence.access import by_user
from enrollments.evidence.records import open_record
from enrollments.models import EvidenceRecord, EvidenceRequest
from partners.models.customer import CustomerErasedError
from texture_portal import clock
from texture_portal.console.marks import NOTHING, at, breakable, link
from texture_portal.console.pages import DetailAdmin, ReadOnlyAdmin
from texture_portal.console.search import BigTable
from texture_portal.vault import SealBrokenError

STANDING = {"answered": "success", "overdue": "danger", "asked": "warning"}


class OfAnEnrollment(BigTable):
    search_help_text = HELP

    def named(self, term: str) -> Q:
        return Q(enrollment__in=enrollment_ids(term))

    @display(description="Partner")
    def partner(self, row: Any) -> str:
        return str(row.enrollment.partner.name)

    @display(description="Customer")
    def customer(self, row: Any) -> str:
        return str(row.enrollment.customer.reference_id)


@admin.register(EvidenceRequest)
class EvidenceRequestAdmin(OfAnEnrollment, ReadOnlyAdmin):
    list_display = ("standing", "due_at", "partner", "customer", "asked_at", "asked_by", "answered_at")
    list_select_related = ("enrollment__partner", "enrollment__customer", "asked_by")
    ordering = ("-id",)
    sortable_by = ()
    fields = readonly_fields = (
        "standing", "partner", "customer", "enrollment", "consent", "message", "asked_at", "asker", "due_at",
        "answered_at", "came",
    )  # fmt: skip

    @display(description="Standing", label=STANDING)
    def standing(self, asked: EvidenceRequest) -> str:
        return standing_of(asked)

    @display(description="Asked by")
    def asker(self, asked: EvidenceRequest) -> str:
        """By name: few of those who read it may open the pages of users."""
        return asked.asked_by.get_username()

    @display(description="What came")
    def came(self, asked: EvidenceRequest) -> str:
        return next((link(each) for each in asked.records.all()), NOTHING)


@admin.register(EvidenceRecord)
class EvidenceRecordAdmin(OfAnEnrollment, DetailAdmin):
    detail_template = "admin/enrollments/evidencerecord/detail.html"
    list_display = ("received_at", "method", "partner", "customer", "channel", "actor_name")
    list_select_related = ("enrollment__partner", "enrollment__customer")
    ordering = ("-id",)
    sortable_by = ()

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.content_view)
        return [path("<path:object_id>/content/", view, name="enrollments_evidencerecord_content"), *super().get_urls()]

    def detail_context(self, request: HttpRequest, subject: EvidenceRecord) -> dict[str, Any]:
        opens = reverse("admin:enrollments_evidencerecord_content", args=(subject.pk,))
        return {"facts": facts(subject), "opens": opens if request.user.has_perm(EXPORT) else ""}

    def content_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """By POST: that it was opened is written down."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm(EXPORT):
            raise PermissionDenied
        record = self.get_object(request, unquote(object_id))
        if record is None:
            raise Http404
        user: Any = request.user
        try:
            content = open_record(record, now=clock.now(), by=by_user(user))
        except (CustomerErasedError, SealBrokenError):
            raise Http404("The customer was erased.") from None
        return _answer(record, content)


def standing_of(asked: EvidenceRequest) -> str:
    if asked.answered_at is not None:
        return "answered"
    return "overdue" if asked.due_at < clock.now() else "asked"


def facts(record: EvidenceRecord) -> list[tuple[str, Any]]:
    return [
        ("What it is", record.get_method_display()),
        ("Received", at(record.received_at)),
        ("Through", f"{record.actor_role} {record.actor_name}, {record.channel}"),
        ("Enrollment", link(record.enrollment)),
        ("Consent", link(record.consent)),
        ("Asked for", link(record.request)),
        ("Digest", breakable(bytes(record.digest).hex())),
    ]


def _answer(record: EvidenceRecord, content: dict[str, Any]) -> HttpResponse:
    """Always to be saved, never shown: the file is somebody else's."""
    file = content.get("file")
    body = base64.b64decode(file["content"]) if file else json.dumps(content, indent=2).encode()
    kind = file["mediaType"] if file else "application/json"
    ending = kind.rpartition("/")[2]
    named = {
        "Content-Disposition": f'attachment; filename="record-{record.pk}.{ending}"',
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(body, content_type=kind, headers=named)
