"""A partner's keys and clients as staff see them: age, last use, state. Never a secret."""

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from partners.admin.marks import told_of
from partners.models import Application, Partner, SigningKey, WebhookEndpoint
from texture_portal import clock
from texture_portal.console.marks import at, badge, breakable, link, span
from texture_portal.console.pages import ReadOnlyInline


def live_mark(is_live: bool) -> SafeString:
    return badge("live", "success") if is_live else badge("not live", "danger")


class SigningKeyInline(ReadOnlyInline):
    model = SigningKey
    verbose_name_plural = "Signing keys"
    fields = readonly_fields = ("key_id", "algorithm", "state", "age", "last_use", "whose", "expiry")

    @display(description="Key id")
    def key_id(self, key: SigningKey) -> str:
        return str(key.pk)

    @display(description="State")
    def state(self, key: SigningKey) -> str:
        """Of a partner that has ended none is."""
        return live_mark(key.is_active(now=clock.now()) and key.partner.status != Partner.Status.ENDED)

    @display(description="Age")
    def age(self, key: SigningKey) -> str:
        return span(clock.now() - key.created_at)

    @display(description="Last used")
    def last_use(self, key: SigningKey) -> str:
        return at(key.last_used_at)

    @display(description="Made by")
    def whose(self, key: SigningKey) -> str:
        return "the partner" if key.supplied_by_partner else "the portal"

    @display(description="Ends")
    def expiry(self, key: SigningKey) -> str:
        return at(key.revoked_at or key.expires_at)


class ApplicationInline(ReadOnlyInline):
    model = Application
    verbose_name_plural = "OAuth clients"
    fields = readonly_fields = ("client", "state", "age", "last_use", "scopes_listed", "expiry")

    @display(description="Client id")
    def client(self, application: Application) -> str:
        return breakable(str(application.client_id))

    @display(description="State")
    def state(self, application: Application) -> str:
        return live_mark(application.is_live(now=clock.now()))

    @display(description="Age")
    def age(self, application: Application) -> str:
        return span(clock.now() - application.created)

    @display(description="Last used")
    def last_use(self, application: Application) -> str:
        return at(application.last_used_at)

    @display(description="Scopes")
    def scopes_listed(self, application: Application) -> str:
        return ", ".join(application.scopes)

    @display(description="Ends")
    def expiry(self, application: Application) -> str:
        return at(application.revoked_at or application.expires_at)


class WebhookEndpointInline(ReadOnlyInline):
    model = WebhookEndpoint
    verbose_name_plural = "Webhook endpoints"
    fields = readonly_fields = ("endpoint", "state", "told_of", "last_success")

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        return super().get_queryset(request).filter(removed_at=None)  # type: ignore[no-any-return]

    @display(description="URL")
    def endpoint(self, endpoint: WebhookEndpoint) -> str:
        return link(endpoint, endpoint.url)

    @display(description="State")
    def state(self, endpoint: WebhookEndpoint) -> str:
        return live_mark(endpoint.is_live)

    @display(description="Told of")
    def told_of(self, endpoint: WebhookEndpoint) -> str:
        return ", ".join(told_of(endpoint))

    @display(description="Last success")
    def last_success(self, endpoint: WebhookEndpoint) -> str:
        return at(endpoint.last_success_at)
