from partners.models.bucket import Bucket
from partners.models.certificate import Certificate
from partners.models.customer import Customer
from partners.models.maintenance import Maintenance
from partners.models.partner import Application, Partner
from partners.models.request import IdempotencyRecord, RefusedRequest, SignedRequest
from partners.models.signing_key import SigningKey
from partners.models.webhook import (
    WebhookAnswer,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookMessage,
    WebhookSecret,
)

__all__ = [
    "Application",
    "Bucket",
    "Certificate",
    "Customer",
    "IdempotencyRecord",
    "Maintenance",
    "Partner",
    "RefusedRequest",
    "SignedRequest",
    "SigningKey",
    "WebhookAnswer",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookMessage",
    "WebhookSecret",
]
