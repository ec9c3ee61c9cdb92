"""Every address of the portal."""

from django.contrib import admin
from django.urls import include, path

from texture_portal import health
from texture_portal.finding.page import find_page
from texture_portal.metrics.page import metrics
from texture_portal.openapi.views import openapi
from texture_portal.status.page import status_page

urlpatterns = [
    path("", include("texture_portal.login.urls")),
    path("", include("texture_portal.console.urls")),
    path("admin/find/", admin.site.admin_view(find_page), name="find"),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics),
    path("status/", status_page, name="status"),
    path("v1/openapi.json", openapi),
    path("", include("texture_portal.docs.urls")),
    path("link/", include("enrollments.linking.urls")),
    path("account/", include("enrollments.account.urls")),
    path("", include("devices.urls")),
    path("", include("programs.urls")),
    path("", include("enrollments.urls")),
    path("", include("partners.urls")),  # last: it answers for everything under /v1/ that is nothing
]
