"""The token endpoint, and the problem that answers whatever else is under /v1/ (to be included last)."""

from django.urls import path, re_path

from partners.tokens import ClientCredentialsTokenView
from partners.views import NotFoundView

urlpatterns = [
    path("oauth/token/", ClientCredentialsTokenView.as_view(), name="oauth-token"),
    re_path(r"^v1(/.*)?$", NotFoundView.as_view(), name="nothing-here"),
]
