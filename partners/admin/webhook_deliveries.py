"""The log of what was sent to partners: every attempt with its answer, and dead letters that can be sent again."""

import json
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from partners.models import WebhookAttempt, WebhookDelivery
from partners.webhooks import letters
from partners.webhooks.types import TYPES
from texture_portal.actors import staff
from texture_portal.console.filters import WhenFilter
from texture_portal.console.marks import at, badge, breakable, link, table
from texture_portal.console.pages import DetailAdmin
from texture_portal.console.search import BigTable, as_uuid
from texture_portal.console.verbs import Verb

RESEND = "partners.resend_webhookdelivery"
SHOWN_ATTEMPTS = 50
SHOWN_ANSWER = 300  # characters of each on the page
COLOURS = {"pending": "info", "delivered": "success", "dead": "danger", "expired": "warning", "cancelled": ""}


class TypeFilter(DropdownFilter):
    title = "type"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in TYPES]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(message__type=self.value()) if self.value() else queryset


def _send_again(delivery: WebhookDelivery, given: dict[str, Any], now: datetime, user: User) -> str:
    by = staff(user_id=user.pk, name=user.get_username())
    letters.send_again(delivery, reason=given["reason"], now=now, by=by)
    return "It is sent again, for another 72 hours. Reload the page to see how it went."


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(BigTable, DetailAdmin):
    about_people = False
    detail_template = "admin/partners/webhookdelivery/detail.html"
    list_display = ("type", "partner", "when", "standing", "attempts", "outcome", "enrollment")
    list_filter = (
        ("endpoint__partner", RelatedDropdownFilter),
        ("state", ChoicesDropdownFilter),
        TypeFilter,
        ("message__created_at", WhenFilter),
    )
    list_select_related = ("message", "endpoint__partner")
    search_help_text = "Whole key (webhook-id), enrollment id or endpoint id"
    ordering = ("-id",)
    sortable_by = ()
    verbs = (
        Verb(
            "send-again", "Send it again", "For another 72 hours, under the same key.", RESEND, _send_again,
            fits=lambda delivery: delivery.state == WebhookDelivery.State.DEAD and delivery.endpoint.is_live,
        ),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        """What was said is read on its own page only."""
        return super().get_queryset(request).defer("message__body")

    def named(self, term: str) -> Q:
        identifier = as_uuid(term)
        if identifier is None:
            return Q(pk__in=[])
        return Q(message=identifier) | Q(subject=identifier) | Q(endpoint=identifier)

    def detail_context(self, request: HttpRequest, subject: WebhookDelivery) -> dict[str, Any]:
        return {"facts": facts(subject), "attempts": attempts_table(subject), "body": body_of(subject)}

    @display(description="Type")
    def type(self, delivery: WebhookDelivery) -> str:
        return delivery.message.type

    @display(description="Partner")
    def partner(self, delivery: WebhookDelivery) -> str:
        return str(delivery.endpoint.partner)

    @display(description="When")
    def when(self, delivery: WebhookDelivery) -> str:
        return at(delivery.message.created_at)

    @display(description="State")
    def standing(self, delivery: WebhookDelivery) -> SafeString:
        return state_badge(delivery)

    @display(description="Enrollment")
    def enrollment(self, delivery: WebhookDelivery) -> str:
        return f"…{str(delivery.subject)[-12:]}" if delivery.subject else "-"


def state_badge(delivery: WebhookDelivery) -> SafeString:
    return badge(delivery.get_state_display(), COLOURS[delivery.state])


def attempts_badge(delivery: WebhookDelivery) -> SafeString | int:
    return badge(str(delivery.attempts), "warning") if delivery.attempts > 1 else delivery.attempts


def facts(delivery: WebhookDelivery) -> list[tuple[str, Any]]:
    pending = delivery.state == WebhookDelivery.State.PENDING
    return [
        ("State", state_badge(delivery)),
        ("Type", delivery.message.type),
        ("Key", delivery.message_id),
        ("Partner", link(delivery.endpoint.partner)),
        ("Endpoint", link(delivery.endpoint, delivery.endpoint.url)),
        ("Enrollment", delivery.subject or "-"),
        ("Written", at(delivery.message.created_at)),
        ("Settled", at(delivery.settled_at)),
        ("Next attempt", at(delivery.due_at) if pending else "-"),
        ("Given up", at(delivery.give_up_at) if pending else "-"),
        ("Last outcome", delivery.outcome or "-"),
    ]


def attempts_table(delivery: WebhookDelivery) -> dict[str, Any]:
    return table(
        ("Attempt", "When", "Outcome", "Took", "Answer"),
        [
            (each.number, at(each.at), _outcome(each), f"{each.milliseconds} ms", breakable(each.answer[:SHOWN_ANSWER]))
            for each in delivery.log.all()[:SHOWN_ATTEMPTS]
        ],
    )


def body_of(delivery: WebhookDelivery) -> SafeString | str:
    """As it is sent, but for line breaks."""
    if not delivery.message.body:
        return "No longer kept."
    readable = json.dumps(json.loads(delivery.message.body), indent=2, ensure_ascii=False)
    return format_html('<pre class="text-xs" style="overflow-x: auto">{}</pre>', readable)


def _outcome(attempt: WebhookAttempt) -> SafeString:
    return badge(attempt.outcome, "success" if attempt.outcome == "delivered" else "danger")
