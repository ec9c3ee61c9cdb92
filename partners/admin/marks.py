from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from partners.models import WebhookEndpoint
from partners.webhooks.types import EVERY
from texture_portal.console.marks import NOTHING


def enrollment_link(identifier: UUID | None, *, text: str = "") -> SafeString | str:
    """The upper layer's page, by its address: this room does not know enrollments."""
    if identifier is None:
        return NOTHING
    return format_html(
        '<a href="{}" class="text-primary-600 dark:text-primary-500">{}</a>',
        reverse("admin:enrollments_enrollment_change", args=(identifier,)),
        text or str(identifier),
    )


def told_of(endpoint: WebhookEndpoint) -> list[str]:
    """Which types of messages, for people: the contract's sign for all of them says nothing on a page."""
    return ["every type"] if EVERY in endpoint.event_types else endpoint.event_types
