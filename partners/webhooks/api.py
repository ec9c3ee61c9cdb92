"""The calls of contract §9: each parses, calls one verb and answers."""

from typing import Any, ClassVar
from uuid import UUID

from partners.models import WebhookEndpoint
from partners.pagination import NEWEST_FIRST, PageQuery, page
from partners.views import JSON_OR_NOTHING, Answer, Call, Effect, PartnerView
from partners.webhooks import endpoints
from partners.webhooks.documents import WebhookEndpointDocument
from texture_portal.refusals import Refusal

SCOPE = "webhooks:write"


class WebhookEndpointsView(PartnerView):
    scopes: ClassVar = {"GET": SCOPE, "POST": SCOPE}
    answers_secrets: ClassVar = True

    def get(self, call: Call) -> Answer:
        asked = call.query_params(PageQuery)
        rows = call.partner.webhook_endpoints.shown()
        return Answer(200, page(rows, order=NEWEST_FIRST, limit=asked["limit"], cursor=asked["cursor"], shape=show))

    def post(self, call: Call) -> Effect:
        read = call.read(WebhookEndpointDocument)

        def effect() -> Answer:
            made = endpoints.add(call.partner, **read, now=call.now, by=call.actor)
            place = f"/v1/webhook-endpoints/{made.endpoint.pk}"
            return Answer(201, _with_secret(made), {"Location": place})

        return effect


class WebhookEndpointView(PartnerView):
    scopes: ClassVar = {"GET": SCOPE, "DELETE": SCOPE}

    def get(self, call: Call, *, endpoint_id: UUID) -> Answer:
        return Answer(200, show(_theirs(call, endpoint_id)))

    def delete(self, call: Call, *, endpoint_id: UUID) -> Effect:
        call.read_nothing()

        def effect() -> Answer:
            endpoints.remove(_theirs(call, endpoint_id), now=call.now, by=call.actor)
            return Answer(200, {"id": endpoint_id, "deleted": True})

        return effect


class RotateSecretView(PartnerView):
    scopes: ClassVar = {"POST": SCOPE}
    content_types: ClassVar = JSON_OR_NOTHING
    answers_secrets: ClassVar = True

    def post(self, call: Call, *, endpoint_id: UUID) -> Effect:
        call.read_nothing()

        def effect() -> Answer:
            endpoint = _theirs(call, endpoint_id)
            return Answer(200, _with_secret(endpoints.rotate_secret(endpoint, now=call.now, by=call.actor)))

        return effect


class SendTestView(PartnerView):
    scopes: ClassVar = {"POST": SCOPE}
    content_types: ClassVar = JSON_OR_NOTHING

    def post(self, call: Call, *, endpoint_id: UUID) -> Effect:
        call.read_nothing()

        def effect() -> Answer:
            key = endpoints.send_test(_theirs(call, endpoint_id), now=call.now)
            return Answer(202, {"type": "test", "key": key})

        return effect


def show(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        "id": endpoint.pk,
        "url": endpoint.url,
        "eventTypes": endpoint.event_types,
        "status": "disabled" if endpoint.disabled_at else "enabled",
        "disabledAt": endpoint.disabled_at,
        "createdAt": endpoint.created_at,
    }


def _with_secret(made: endpoints.NewSecret) -> dict[str, Any]:
    return {**show(made.endpoint), "secret": made.secret}


def _theirs(call: Call, endpoint_id: UUID) -> WebhookEndpoint:
    endpoint = call.partner.webhook_endpoints.shown().filter(pk=endpoint_id).first()
    if endpoint is None:
        raise Refusal("not_found", "You have no webhook endpoint of this id.")
    return endpoint
