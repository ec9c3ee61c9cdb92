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
UNCACHED = ("/v1/", "/oauth/")  # what is answered there is somebody's
# The docs: what the portal serves, and no script or style within a page.
FOR_READERS = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
FOR_MACHINES = "default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
FORGET = '"cache"'  # Clear-Site-Data with a log-out: pages that browsers keep for "back" (themes are kept)
NO_PAGE_USES = (
    "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone", "midi",
    "payment", "usb",
)  # fmt: skip
PERMISSIONS = ", ".join(f"{each}=()" for each in NO_PAGE_USES)


def console_policy(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.startswith(CONSOLE):
            response.headers.setdefault("Content-Security-Policy", policy(tiles_url=settings.MAP_TILES_URL))
            response.headers.setdefault("Cache-Control", "no-store")
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


def every_answer(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, around the others, static files and redirects too: what nobody has said more exactly."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        response.headers.setdefault("Content-Security-Policy", FOR_READERS if is_page else FOR_MACHINES)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if request.path.startswith(UNCACHED):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return respond


def for_people(*, sends_to: Iterable[str] = ()) -> str:
    """`sends_to`: addresses to which a form's answer may lead on (browsers hold redirects to `form-action` too)."""
    return "; ".join(
        (
            "default-src 'none'",
            "object-src 'none'",
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
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
