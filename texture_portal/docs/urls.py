from django.urls import path, re_path
from django.views.generic import RedirectView

from texture_portal.docs import views

urlpatterns = [
    path("docs", RedirectView.as_view(url="/docs/")),
    path("docs/", views.guide, name="docs"),
    path("docs/errors", views.error_page),
    path("docs/rate-limits", views.rate_limits),
    path("docs/sandbox", views.sandbox),
    path("docs/device-types", views.device_types),
    path("docs/reference", views.api_reference),
    path("docs/try", views.try_page),
    path("docs/changelog", views.changelog),
    path("docs/examples/<str:name>", views.example),
    re_path(r"^docs/(?P<name>[\w-]+\.\w+)$", views.image),
    re_path(r"^docs/(?P<slug>[\w/-]+)$", views.guide),
]
