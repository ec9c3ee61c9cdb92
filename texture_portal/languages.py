"""The language of pages for the public: what a reader chooses, else what the page was made for, else the browser's.

The console and the partner API are in English, whatever a browser asks for.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import get_language_from_request

PAGES = ("/link/", "/account/", "/status/")
PARAMETER = "language"
A_YEAR = 365 * 24 * 3600


def people_language(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware."""

    def respond(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PAGES):
            return get_response(request)
        with translation.override(chosen(request) or _asked(request)):
            response = get_response(request)
            if request.GET.get(PARAMETER) in known():
                keep(response, str(request.GET[PARAMETER]))
            return response

    return respond


def chosen(request: HttpRequest) -> str:
    """What its user chose on one of our pages; nothing where they did not."""
    given = request.GET.get(PARAMETER), request.COOKIES.get(cookie())
    return next((each for each in given if each in known()), "")


def keep(response: HttpResponse, language: str) -> None:
    secure = settings.SESSION_COOKIE_SECURE
    response.set_cookie(cookie(), language, max_age=A_YEAR, secure=secure, httponly=True, samesite="Lax")


def cookie() -> str:
    return f"{settings.COOKIE_PREFIX}{PARAMETER}"


def known() -> list[str]:
    return [code for code, _ in settings.LANGUAGES]


def _asked(request: HttpRequest) -> str:
    return get_language_from_request(request)
