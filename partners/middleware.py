"""Every answer names its request: `X-Request-ID`, also in problems, audit rows and logs."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from texture_portal.ids import new_id


class RequestIdMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = new_id()  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-ID"] = str(request.request_id)  # type: ignore[attr-defined]
        return response
