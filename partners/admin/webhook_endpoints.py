"""Webhook endpoints of partners: how they fare, and the buttons that staff have. Secrets are on no page but once."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from partners.admin.marks import told_of
from partners.admin.webhook_deliveries import attempts_badge, state_badge
from partners.models import WebhookDelivery, WebhookEndpoint
from partners.webhooks import endpoints, letters
from texture_portal import clock
from texture_portal.actors import Actor, staff
from texture_portal.console.marks import at, badge, badges, breakable, link, span, table
from texture_portal.console.pages import DetailAdmin
from texture_portal.console.verbs import ReasonForm, ShownOnce, Verb, VerbForm

MANAGE = "partners.manage_webhookendpoint"
RESEND = "partners.resend_webhookdelivery"
NEWEST = 20  # deliveries on an endpoint's page
State = WebhookDelivery.State


def _by(user: User) -> Actor:
    return staff(user_id=user.pk, name=user.get_username())


def _test(endpoint: WebhookEndpoint, given: dict[str, Any], now: datetime, user: User) -> str:
    key = endpoints.send_test(endpoint, now=now)
    return f"A test is on its way: {key}. Reload the page to see how it went."


def _rotate(endpoint: WebhookEndpoint, given: dict[str, Any], now: datetime, user: User) -> ShownOnce:
    made = endpoints.rotate_secret(endpoint, now=now, by=_by(user), reason=given["reason"])
    return ShownOnce("The endpoint's new secret", {"endpointId": str(endpoint.pk), "secret": made.secret})


def _disable(endpoint: WebhookEndpoint, given: dict[str, Any], now: datetime, user: User) -> str:
    endpoints.disable(endpoint, now=now, by=_by(user), reason=given["reason"])
    return "The endpoint is disabled. What waited for it is kept as dead letters."


def _enable(endpoint: WebhookEndpoint, given: dict[str, Any], now: datetime, user: User) -> str:
    endpoints.enable(endpoint, now=now, by=_by(user), reason=given["reason"])
    return "The endpoint is enabled."


def _send_all_again(endpoint: WebhookEndpoint, given: dict[str, Any], now: datetime, user: User) -> str:
    count = letters.send_all_again(endpoint, reason=given["reason"], now=now, by=_by(user))
    return f"{count} dead letters are sent again."


VERBS = (
    Verb(
        "test", "Send a test", "A message of type `test`, like every other.", MANAGE, _test,
        fits=lambda endpoint: endpoint.is_live, form=VerbForm,
    ),
    Verb(
        "send-all-again", "Send every dead letter again", "For another 72 hours, under the same keys.", RESEND,
        _send_all_again,
        fits=lambda endpoint: endpoint.is_live and endpoint.deliveries.filter(state=State.DEAD).exists(),
    ),
    Verb(
        "rotate-secret", "Rotate the secret",
        "The new one is shown once: hand it to the partner. The old one signs too for 24 hours.", MANAGE, _rotate,
        fits=lambda endpoint: endpoint.removed_at is None, form=ReasonForm,
    ),
    Verb(
        "disable", "Disable", "Nothing is sent to it until it is enabled.", MANAGE, _disable,
        fits=lambda endpoint: endpoint.is_live,
    ),
    Verb(
        "enable", "Enable", "What happens from now on is sent to it.", MANAGE, _enable,
        fits=lambda endpoint: endpoint.removed_at is None and not endpoint.is_live,
    ),
)  # fmt: skip


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(DetailAdmin):
    detail_template = "admin/partners/webhookendpoint/detail.html"
    list_display = ("short_url", "partner", "standing", "pending", "dead", "last_success")
    list_filter = (("partner", RelatedDropdownFilter), ("disabled_by", ChoicesDropdownFilter))
    list_select_related = ("partner",)
    search_fields = ("partner__name", "url", "id")
    search_help_text = "Partner, part of the URL, or the endpoint's id"
    ordering = ("-created_at",)
    verbs = VERBS

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        return rows.annotate(pending_count=_count_of(State.PENDING), dead_count=_count_of(State.DEAD))

    def detail_context(self, request: HttpRequest, subject: WebhookEndpoint) -> dict[str, Any]:
        return {"facts": facts(subject), "secrets": secrets_table(subject), "deliveries": deliveries_table(subject)}

    @display(description="URL")
    def short_url(self, endpoint: WebhookEndpoint) -> SafeString:
        return breakable(endpoint.url if len(endpoint.url) <= 60 else f"{endpoint.url[:59]}…")

    @display(description="State")
    def standing(self, endpoint: WebhookEndpoint) -> SafeString:
        return standing_badge(endpoint)

    @display(description="Waiting")
    def pending(self, endpoint: Any) -> int:
        return int(endpoint.pending_count)

    @display(description="Dead letters")
    def dead(self, endpoint: Any) -> SafeString | int:
        return badge(str(endpoint.dead_count), "danger") if endpoint.dead_count else 0

    @display(description="Last success")
    def last_success(self, endpoint: WebhookEndpoint) -> str:
        return at(endpoint.last_success_at)


def _count_of(state: State) -> Coalesce:
    """By the index of what is in that state alone."""
    of_endpoint = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"), state=state).order_by().values("endpoint")
    counted = of_endpoint.annotate(number=Count("*")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def standing_badge(endpoint: WebhookEndpoint) -> SafeString:
    if endpoint.removed_at is not None:
        return badge("removed")
    if endpoint.disabled_at is not None:
        return badge("disabled", "danger")
    return badge("failing", "warning") if endpoint.failures else badge("enabled", "success")


def facts(endpoint: WebhookEndpoint) -> list[tuple[str, Any]]:
    resting = endpoint.rests_until is not None and endpoint.rests_until > clock.now()
    return [
        ("State", standing_badge(endpoint)),
        ("Partner", link(endpoint.partner)),
        ("URL", breakable(endpoint.url)),
        ("Told of", badges(told_of(endpoint))),
        ("Endpoint id", endpoint.pk),
        ("Made", at(endpoint.created_at)),
        ("Disabled", f"{at(endpoint.disabled_at)} {endpoint.get_disabled_by_display()}".strip()),
        ("Failures in a row", endpoint.failures),
        ("Left alone until", at(endpoint.rests_until) if resting else "-"),
        ("Last success", at(endpoint.last_success_at)),
    ]


def secrets_table(endpoint: WebhookEndpoint) -> dict[str, Any]:
    now = clock.now()
    rows = [
        (
            f"…{str(each.pk)[-12:]}",
            span(now - each.created_at),
            "now on" if each.signs_until is None else at(each.signs_until),
        )
        for each in endpoint.secrets.all()
        if each.signs(now=now)
    ]
    return table(("Secret", "Age", "Signs until"), rows)


def deliveries_table(endpoint: WebhookEndpoint) -> dict[str, Any]:
    newest = endpoint.deliveries.select_related("message").order_by("-id")[:NEWEST]
    rows = [
        (
            link(each, each.message.type),
            at(each.message.created_at),
            state_badge(each),
            attempts_badge(each),
            each.outcome or "-",
        )
        for each in newest
    ]
    return table(("Message", "When", "State", "Attempts", "Last outcome"), rows)
