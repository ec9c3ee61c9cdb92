"""The token endpoint, and the problem that answers whatever else is under /v1/ (to be included last)."""

from django.urls import path, re_path

from partners.maintenance_api import MaintenancesView, MaintenanceView
from partners.tokens import ClientCredentialsTokenView
from partners.views import NotFoundView
from partners.webhooks import api

ENDPOINT = "v1/webhook-endpoints/<uuid:endpoint_id>"

urlpatterns = [
    path("v1/webhook-endpoints", api.WebhookEndpointsView.as_view()),
    path(ENDPOINT, api.WebhookEndpointView.as_view()),
    path(f"{ENDPOINT}/rotate-secret", api.RotateSecretView.as_view()),
    path(f"{ENDPOINT}/test", api.SendTestView.as_view()),
    path("v1/maintenance", MaintenancesView.as_view()),
    path("v1/maintenance/<uuid:maintenance_id>", MaintenanceView.as_view()),
    path("oauth/token/", ClientCredentialsTokenView.as_view(), name="oauth-token"),
    re_path(r"^v1(/.*)?$", NotFoundView.as_view(), name="nothing-here"),
]
