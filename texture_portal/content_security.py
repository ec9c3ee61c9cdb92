"""What pages may load. For end users: a stylesheet and pictures of ours, and nothing else, least of all scripts.

The console: what the portal serves, and tiles from the server that the setting names. Unfold's pages have scripts and
styles in them, and Alpine makes functions of text: so those are allowed from within.
"""

from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from texture_portal.languages import PAGES

CONSOLE = "/admin/"
SELF = "'self'"


def console_policy(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.startswith(CONSOLE):
            response.headers.setdefault("Content-Security-Policy", policy(tiles_url=settings.MAP_TILES_URL))
        return response

    return respond


def people_policy(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware. A page that sends its visitor to another company says so itself (`for_people`)."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.startswith(PAGES):
            response.headers.setdefault("Content-Security-Policy", for_people())
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return respond


def for_people(*, sends_to: Iterable[str] = ()) -> str:
    """`sends_to`: addresses to which a form's answer may lead on (browsers hold redirects to `form-action` too)."""
    return "; ".join(
        (
            "default-src 'none'",
            "style-src 'self'",
            "img-src 'self'",
            f"form-action {' '.join(dict.fromkeys((SELF, *map(_origin, sends_to))))}",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def policy(*, tiles_url: str) -> str:
    images = ["'self'", "data:", *([_origin(tiles_url)] if tiles_url else [])]
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
            "style-src 'self' 'unsafe-inline'",
            f"img-src {' '.join(images)}",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
