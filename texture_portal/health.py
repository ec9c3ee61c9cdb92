"""What load balancers and people on call ask: does this process live, and can the portal do its work?"""

import logging

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from texture_portal import clock, faults

log = logging.getLogger(__name__)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200, or 503 with what is wrong."""
    try:
        wrong = faults.found(now=clock.now())
    except DatabaseError:
        log.exception("the database does not answer")
        connection.close()
        wrong = {"database": "does not answer"}
    return JsonResponse({"status": "unready" if wrong else "ready", "wrong": wrong}, status=503 if wrong else 200)
