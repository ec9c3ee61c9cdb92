"""`GET /v1/openapi.json`: for everybody, without a token (contract §2.1)."""

from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from partners import answers
from texture_portal.openapi.document import document
from texture_portal.refusals import Refusal

ALLOWED = ("GET", "HEAD")


@csrf_exempt
def openapi(request: HttpRequest) -> HttpResponse:
    if request.method not in ALLOWED:
        refused = answers.problem_response(
            Refusal("method_not_allowed", f"{request.method} is not allowed here."), request
        )
        refused["Allow"] = ", ".join(ALLOWED)
        return refused
    return HttpResponse(
        _bytes(answers.origin(request)),
        content_type="application/json",
        headers={"Cache-Control": "public, max-age=300"},
    )


@lru_cache(maxsize=8)  # a portal has few names
def _bytes(origin: str) -> bytes:
    return answers.to_json(document(origin))
