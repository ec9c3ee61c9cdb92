"""Every answer names its request, and every failure under /v1/ is a problem, whoever answered."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from partners import answers
from partners.lingering import linger
from texture_portal import underway
from texture_portal.ids import new_id
from texture_portal.refusals import Refusal

PARTNER_API, TOKENS = "/v1/", "/oauth/"
IN_THE_CLEAR = "What is sent without TLS is anybody's to read. Ask by https, and have the secret exchanged."
BY_STATUS = {
    400: Refusal("validation_failed", "The request cannot be read: its host, headers or query are not valid."),
    403: Refusal("not_found", "There is nothing at this path."),  # nobody learns what is behind it
    404: Refusal("not_found", "There is nothing at this path."),
    405: Refusal("method_not_allowed", "The method is not allowed here."),
    503: Refusal("unavailable", "The portal is not available now."),
}
OTHERWISE = Refusal("internal_error", "The portal failed. It has been logged.")


class RequestIdMiddleware:
    """`X-Request-ID`, also in problems, audit rows and logs; and no page of HTML to a partner's client."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = new_id()  # type: ignore[attr-defined]
        underway.current().request_id = str(request.request_id)  # type: ignore[attr-defined]
        response = _refused_in_the_clear(request) or self.get_response(request)
        if request.path.startswith(PARTNER_API) and response.status_code >= 400:
            if _is_html(response):
                response = answers.problem_response(BY_STATUS.get(response.status_code, OTHERWISE), request)
            linger(response, request)
        response["X-Request-ID"] = str(request.request_id)  # type: ignore[attr-defined]
        return response


def _refused_in_the_clear(request: HttpRequest) -> HttpResponse | None:
    """Pages lead on to https; a client that was led on would send its token without TLS again and again."""
    if not settings.SECURE_SSL_REDIRECT or request.is_secure():
        return None
    if request.path.startswith(TOKENS):
        return JsonResponse({"error": "invalid_request", "error_description": IN_THE_CLEAR}, status=400)
    if request.path.startswith(PARTNER_API):
        return answers.problem_response(Refusal("token_invalid", IN_THE_CLEAR), request)
    return None


def _is_html(response: HttpResponse) -> bool:
    return response.get("Content-Type", "text/html").startswith("text/")
