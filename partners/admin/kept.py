"""The answers that are kept for partners' keys: that a request came, what it got and where it led. Never a body."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from partners.admin.marks import enrollment_link
from partners.idempotency import KEPT
from partners.models import IdempotencyRecord, Partner, SignedRequest
from texture_portal.console.marks import NOTHING, at, badge, breakable, link
from texture_portal.console.pages import DetailAdmin
from texture_portal.console.search import MOST_FOUND, BigTable, as_uuid

WHOLE_KEY = "partners.view_whole_idempotency_key"
SHOWN_OF_KEY = 4  # characters: enough to tell two apart, too few to send one
ENROLLMENTS = "/v1/enrollments/"


@admin.register(IdempotencyRecord)
class IdempotencyRecordAdmin(BigTable, DetailAdmin):
    detail_template = "admin/partners/idempotencyrecord/detail.html"
    list_display = ("when", "partner", "outcome", "namespace", "key_in_short", "led_to")
    list_filter = (("partner", RelatedDropdownFilter), ("namespace", ChoicesDropdownFilter))
    list_select_related = ("partner",)
    search_help_text = "Whole idempotency key, or the request id of an enrollment or consent"
    ordering = ("-id",)
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> Any:
        """Bodies hold customers' data: they are not even read."""
        return super().get_queryset(request).defer("body", "fingerprint")

    def named(self, term: str) -> Q:
        partners = list(Partner.objects.order_by().values_list("pk", flat=True))
        by_key = Q(partner__in=partners, namespace__in=IdempotencyRecord.Namespace.values, key=term)
        return by_key | Q(pk__in=records_of_request(as_uuid(term)))

    def detail_context(self, request: HttpRequest, subject: IdempotencyRecord) -> dict[str, Any]:
        whole = request.user.has_perm(WHOLE_KEY)
        return {"facts": facts(subject, key=subject.key if whole else in_short(subject.key))}

    @display(description="When")
    def when(self, record: IdempotencyRecord) -> str:
        return at(record.created_at)

    @display(description="Answer")
    def outcome(self, record: IdempotencyRecord) -> SafeString:
        return status_mark(record)

    @display(description="Key")
    def key_in_short(self, record: IdempotencyRecord) -> str:
        return in_short(record.key)

    @display(description="Led to")
    def led_to(self, record: IdempotencyRecord) -> str:
        return location_of(record) or NOTHING


def facts(record: IdempotencyRecord, *, key: str) -> list[tuple[str, Any]]:
    return [
        ("Answer", status_mark(record)),
        ("Led to", led_to(location_of(record))),
        ("Partner", link(record.partner)),
        ("Key", breakable(key)),
        ("What key it is", record.get_namespace_display()),
        ("When", at(record.created_at)),
        ("Kept until", at(record.expires_at)),
    ]


def in_short(key: str) -> str:
    return f"{key[:SHOWN_OF_KEY]}…" if len(key) > 2 * SHOWN_OF_KEY else "…"


def status_mark(record: IdempotencyRecord) -> SafeString:
    status = record.status or 0
    return badge(str(status), "success" if 200 <= status < 300 else "danger")


def location_of(record: IdempotencyRecord) -> str:
    return str(record.headers.get("Location", ""))


def led_to(location: str) -> SafeString | str:
    identifier = as_uuid(location.removeprefix(ENROLLMENTS))
    if not location.startswith(ENROLLMENTS) or identifier is None:
        return location or NOTHING
    return enrollment_link(identifier, text=location)


def records_of_request(request_id: UUID | None) -> list[int]:
    """A signed request is kept at the instant at which its key's record began: that dates when the record ends."""
    if request_id is None:
        return []
    signed = SignedRequest.objects.filter(request_id=request_id).select_related("customer")[:MOST_FOUND]
    moments = {(each.customer.partner_id, each.received_at) for each in signed if each.customer}
    found: list[int] = []
    for partner_id, received_at in moments:
        ends = (received_at + KEPT, received_at + KEPT + timedelta(microseconds=1))
        records = IdempotencyRecord.objects.filter(partner=partner_id, expires_at__range=ends)
        found += records.values_list("pk", flat=True)[:MOST_FOUND]
    return found
