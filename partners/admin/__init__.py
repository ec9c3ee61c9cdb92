"""Partners, their keys and clients, and what was refused to them. Tokens and secrets are on no page."""

from django.contrib import admin
from oauth2_provider import models as oauth

from partners.admin.certificates import CertificateAdmin
from partners.admin.kept import IdempotencyRecordAdmin
from partners.admin.maintenance import MaintenanceAdmin
from partners.admin.partner import PartnerAdmin
from partners.admin.refused import RefusedRequestAdmin
from partners.admin.webhook_deliveries import WebhookDeliveryAdmin
from partners.admin.webhook_endpoints import WebhookEndpointAdmin

__all__ = [
    "CertificateAdmin",
    "IdempotencyRecordAdmin",
    "MaintenanceAdmin",
    "PartnerAdmin",
    "RefusedRequestAdmin",
    "WebhookDeliveryAdmin",
    "WebhookEndpointAdmin",
]

for table in (
    oauth.get_application_model(),
    oauth.get_access_token_model(),
    oauth.get_device_grant_model(),
    oauth.get_grant_model(),
    oauth.get_id_token_model(),
    oauth.get_refresh_token_model(),
):
    if admin.site.is_registered(table):
        admin.site.unregister(table)
