from django.urls import path

from texture_portal.login import open_sessions_page, pages, single_sign_on_pages

urlpatterns = [
    path("admin/second-factor/", pages.second_factor_page, name="second_factor"),
    path("admin/sessions/", open_sessions_page.open_sessions_page, name="open_sessions"),
    path("admin/single-sign-on/", single_sign_on_pages.start, name="single_sign_on"),
    path("admin/single-sign-on/arrive/", single_sign_on_pages.arrive, name="single_sign_on_arrive"),
]
