"""What a page of the console may load: what the portal serves, and tiles from the server that the setting names.

Unfold's pages have scripts and styles in them, and Alpine makes functions of text: so those are allowed from within.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

CONSOLE = "/admin/"


def console_policy(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.startswith(CONSOLE):
            response.headers.setdefault("Content-Security-Policy", policy(tiles_url=settings.MAP_TILES_URL))
        return response

    return respond


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
