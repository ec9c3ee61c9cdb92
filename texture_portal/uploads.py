"""Uploads stay in memory: Django's own handler would write what is big to a disk, in the clear.

And only who is logged in to the console may send much: before it is known who asks, a form is small.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import MemoryFileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponse

CONSOLE = "/admin/"
WITH_LIMITS_OF_THEIR_OWN = ("/v1/", "/oauth/")  # they read bodies themselves, once they know how long


def small_forms(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, before anything reads a form (checking where it was sent from does)."""

    def respond(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if (length.isdecimal() and int(length) <= settings.MOST_BYTES_OF_A_FORM) or _may_send_much(request):
            return get_response(request)
        return HttpResponse("The form is too large.", status=413, content_type="text/plain; charset=utf-8")

    return respond


def _may_send_much(request: HttpRequest) -> bool:
    if request.path.startswith(WITH_LIMITS_OF_THEIR_OWN):
        return True
    return request.path.startswith(CONSOLE) and request.user.is_authenticated and request.user.is_staff


class InMemoryUpload(MemoryFileUploadHandler):
    """Takes files up to the limit; of a bigger one the form sees nothing but `request.upload_was_too_large`."""

    received = 0

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any, **kwargs: Any) -> None:
        self.activated = True

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self.received += len(raw_data)
        if self.received > settings.IMPORT_MAX_MEBIBYTES * 1024 * 1024:
            self.file.close()
            self.request.upload_was_too_large = True  # type: ignore[union-attr]
            raise SkipFile
        return super().receive_data_chunk(raw_data, start)
