from django.contrib import admin
from django.urls import path

from texture_portal.console import saved_filters

urlpatterns = [
    path("admin/saved-filters/", admin.site.admin_view(saved_filters.save_view), name="save_filter"),
    path("admin/saved-filters/<int:kept_id>/", admin.site.admin_view(saved_filters.forget_view), name="forget_filter"),
]
