"""Who may call what: an entry for every route of the portal. A new route needs one, or the tests fail.

The partner API's routes are in tests/faults/test_strangers.py (`ROUTES`), the console's pages of models in
tests/browser/offers.py (`OFFERS`); here is everything else, and how the three are held against the portal.
"""

from collections.abc import Iterator
from enum import Enum

from django.contrib import admin
from django.urls import URLPattern, URLResolver

from tests.faults.test_strangers import NOTHING_HERE
from texture_portal.urls import urlpatterns


class For(Enum):
    ANYBODY = "answers whoever asks"
    OPERATORS = "who has a token of the settings"
    CLIENTS = "partners' OAuth clients, by their secret"
    STAFF = "every member of staff who is logged in"
    BROWSER = "the one browser that began the visit"
    VISITOR = "an end user who is logged in, about what is their own"


OPERATORS = {"healthz": For.ANYBODY, "readyz": For.ANYBODY, "metrics": For.OPERATORS}
BESIDE: dict[str, For] = {
    **OPERATORS,
    "oauth/token/": For.CLIENTS,
    "status/": For.ANYBODY,
    "docs": For.ANYBODY, "docs/": For.ANYBODY, "docs/errors": For.ANYBODY, "docs/rate-limits": For.ANYBODY,
    "docs/device-types": For.ANYBODY, "docs/reference": For.ANYBODY, "docs/try": For.ANYBODY,
    "docs/sandbox": For.ANYBODY, "docs/changelog": For.ANYBODY,
    "docs/examples/<str:name>": For.ANYBODY, r"^docs/(?P<name>[\w-]+\.\w+)$": For.ANYBODY,
    r"^docs/(?P<slug>[\w/-]+)$": For.ANYBODY,
    "link/": For.ANYBODY, "link/problem/<slug:code>/": For.ANYBODY,
    "link/s/<uuid:session_id>/<str:mac>/": For.BROWSER,
    "link/callback/<uuid:cloud_id>/": For.BROWSER,
    **{f"link/<uuid:session_id>/{step}/": For.BROWSER for step in (
        "maker", "devices", "address", "programs", "terms", "done", "problem", "leave", "left",
    )},
    "account/": For.ANYBODY, "account/email/": For.ANYBODY, "account/mailed/": For.ANYBODY,
    "account/in/<str:token>/": For.ANYBODY, "account/maker/": For.ANYBODY, "account/out/": For.ANYBODY,
    "account/devices/<uuid:enrollment_id>/": For.VISITOR,
    "account/devices/<uuid:enrollment_id>/leave/<uuid:program_id>/": For.VISITOR,
    "account/devices/<uuid:enrollment_id>/events/<uuid:event_id>/": For.VISITOR,
    "account/end/": For.VISITOR, "account/ended/": For.VISITOR, "account/delete/": For.VISITOR,
    "account/download/": For.VISITOR,
    "admin/login/": For.ANYBODY, "admin/single-sign-on/": For.ANYBODY, "admin/single-sign-on/arrive/": For.ANYBODY,
    "admin/": For.STAFF, "admin/logout/": For.STAFF, "admin/password_change/": For.STAFF,
    "admin/autocomplete/": For.STAFF, "admin/jsi18n/": For.STAFF, "admin/search/": For.STAFF,
    "admin/r/<path:content_type_id>/<path:object_id>/": For.STAFF,
    "admin/second-factor/": For.STAFF, "admin/sessions/": For.STAFF, "admin/find/": For.STAFF,
    "admin/saved-filters/": For.STAFF, "admin/saved-filters/<int:kept_id>/": For.STAFF,
    "admin/password_change/done/": For.STAFF,
}  # fmt: skip


def routes(patterns: list = urlpatterns, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, route)
        else:
            yield route, each


def of_models() -> set[str]:
    """The console's pages of models: each is an action of tests/browser/offers.py."""
    return {
        f"admin/{each.opts.app_label}/{each.opts.model_name}/{pattern.pattern}"
        for each in admin.site._registry.values()
        for pattern in each.get_urls()
    }


def of_partners() -> set[str]:
    return {route for route, _ in routes() if route.startswith("v1/") or route == NOTHING_HERE}


def leads_on(route: str) -> bool:
    """Django's own, which send a reader elsewhere in the console: the list of an app, and whatever is nothing."""
    return route.startswith(("admin/^(?P<app_label>", "admin/(?P<url>"))
