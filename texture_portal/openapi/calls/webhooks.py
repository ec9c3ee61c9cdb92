"""Where the partner is told of what happens."""

from partners.pagination import PageQuery
from partners.webhooks import api as webhooks
from partners.webhooks.documents import WebhookEndpointDocument
from texture_portal.openapi import examples
from texture_portal.openapi.calls.call import Answer, Call

ENDPOINT = "/v1/webhook-endpoints/{endpointId}"

WEBHOOK_CALLS = (
    Call(
        "addWebhookEndpoint", "POST", "/v1/webhook-endpoints", webhooks.WebhookEndpointsView,
        "Add a webhook endpoint",
        "From then on you are told of what it takes. The secret is in this answer and in no other. See "
        "`/docs/webhooks`.",
        {201: Answer("Added, with its secret", "NewWebhookEndpoint", examples.NEW_ENDPOINT, names_place=True)},
        group="Webhooks", body=WebhookEndpointDocument, sent=examples.ENDPOINT_TO_SEND, codes=("state_conflict",),
    ),
    Call(
        "listWebhookEndpoints", "GET", "/v1/webhook-endpoints", webhooks.WebhookEndpointsView,
        "List webhook endpoints", "Your own, newest first.",
        {200: Answer("A page", "WebhookEndpoints", {"data": [examples.ENDPOINT], "nextCursor": None})},
        group="Webhooks", query=PageQuery,
    ),
    Call(
        "getWebhookEndpoint", "GET", ENDPOINT, webhooks.WebhookEndpointView,
        "Read one webhook endpoint", "",
        {200: Answer("The endpoint", "WebhookEndpoint", examples.ENDPOINT)},
        group="Webhooks", codes=("not_found",),
    ),
    Call(
        "removeWebhookEndpoint", "DELETE", ENDPOINT, webhooks.WebhookEndpointView,
        "Remove a webhook endpoint", "Nothing more is sent to it, not even what waits.",
        {200: Answer("It is removed", "RemovedWebhookEndpoint", {"id": examples.ENDPOINT["id"], "deleted": True})},
        group="Webhooks", codes=("not_found",),
    ),
    Call(
        "rotateWebhookSecret", "POST", f"{ENDPOINT}/rotate-secret", webhooks.RotateSecretView,
        "Rotate an endpoint's secret",
        "Both the old and the new secret sign for 24 hours: change yours within that time.",
        {200: Answer("The endpoint with its new secret", "NewWebhookEndpoint", examples.NEW_ENDPOINT)},
        group="Webhooks", codes=("not_found",),
    ),
    Call(
        "testWebhookEndpoint", "POST", f"{ENDPOINT}/test", webhooks.SendTestView,
        "Send a test to an endpoint", "It goes out like every other message, whatever types the endpoint takes.",
        {202: Answer("It is on its way", "TestSent", {"type": "test", "key": examples.MESSAGE_KEY})},
        group="Webhooks", codes=("not_found", "state_conflict"),
    ),
)  # fmt: skip
