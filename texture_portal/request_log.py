"""One line and one measurement for every request: its route, how it ended, how long it took."""

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from texture_portal import underway
from texture_portal.log_forms import route_of
from texture_portal.metrics import requests

log = logging.getLogger(__name__)
UNTOLD = ("healthz", "readyz", "metrics")  # asked for every few seconds, by machines


def keep(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, before whatever knows who calls."""

    def respond(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        with underway.begun():
            response = get_response(request)
            route, method = route_of(request), str(request.method)
            seconds = time.perf_counter() - began
            requests.observe(route, method, response.status_code, seconds)
            if settings.LOG_REQUESTS and route not in UNTOLD:
                told = {"method": method, "route": route, "status": response.status_code, "seconds": round(seconds, 6)}
                log.info("%s %s %s", method, route, response.status_code, extra=told)
            return response

    return respond
