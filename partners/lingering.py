"""Reading on after a refusal: closing at once would reset the connection, and the client would never see the answer."""

import time
from contextlib import suppress

from django.http import HttpRequest, HttpResponse

from partners.arrivals import stream_of

MOST_BYTES = 32 * 1024 * 1024
PIECE = 64 * 1024
MOST_SECONDS = 10
LONGEST_SILENCE_SECONDS = 1  # a client that announced a body and does not send it must not hold a thread


def linger(response: HttpResponse, request: HttpRequest) -> None:
    """Once the answer is out, takes in and drops what the client still sends, within bounds."""
    close = response.close

    def close_and_discard() -> None:
        close()
        _discard(request)

    response.close = close_and_discard  # type: ignore[method-assign]


def _discard(request: HttpRequest) -> None:
    socket = request.META.get("gunicorn.socket")
    patience = socket.gettimeout() if socket else None
    if socket:
        socket.settimeout(LONGEST_SILENCE_SECONDS)
    with suppress(OSError):  # the client went away or fell silent: there is nobody to tell
        _read_on(request)
    if socket:
        socket.settimeout(patience)


def _read_on(request: HttpRequest) -> None:
    stream, left, until = stream_of(request), MOST_BYTES, time.monotonic() + MOST_SECONDS
    while left > 0 and time.monotonic() < until and (piece := stream.read(PIECE)):
        left -= len(piece)
