"""A request as it came on the wire: target, body within its limit, content type, and what a signature covers."""

from collections.abc import Collection
from typing import NoReturn, Protocol
from urllib.parse import quote

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, QueryDict, UnreadablePostError

from partners import signatures
from texture_portal.refusals import Refusal, refuse


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


PATH_SAFE = "/~!$&'()*+,;=:@%"


def target_of(request: HttpRequest) -> str:
    """Path and query, raw. Servers that do not say are taken to have sent the path in its usual escapes."""
    raw = str(request.META.get("RAW_URI") or request.META.get("REQUEST_URI") or "")
    if raw.startswith("/"):
        return raw
    if "://" in raw:  # the absolute form, which proxies use (RFC 9112 §3.2.2)
        path = raw.split("://", 1)[1]
        return path[path.find("/") :] if "/" in path else "/"
    query = request.META.get("QUERY_STRING", "")
    return quote(request.path, safe=PATH_SAFE) + (f"?{query}" if query else "")


def message_of(request: HttpRequest) -> signatures.Message:
    return signatures.request_message(
        method=request.method or "",
        scheme=request.scheme or "",
        authority=request.get_host(),
        target=target_of(request),
        headers=request.headers.items(),
    )


def query_of(request: HttpRequest) -> QueryDict:
    try:
        return request.GET
    except SuspiciousOperation as fault:
        raise refuse("validation_failed", "The query has too many parameters.", pointer="/query") from fault


def check_content_type(request: HttpRequest, accepted: Collection[str]) -> None:
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refusal("unsupported_media_type", "Compressed bodies are not taken.")
    if request.content_type not in accepted:
        raise Refusal("unsupported_media_type", f"The Content-Type must be {' or '.join(accepted)}.")
    if (request.content_params or {}).get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise Refusal("unsupported_media_type", "JSON is taken in UTF-8 only.")


def peek_body(request: HttpRequest, *, limit: int) -> bytes:
    """The body, before its turn in the order of checks; `read_body` then gives it again. Empty where it is too large.

    What it says is not proved yet: its signature is checked later.
    """
    try:
        body = read_body(request, limit=limit)
    except Refusal:
        return b""
    request.peeked_body = body  # type: ignore[attr-defined]
    return body


def read_body(request: HttpRequest, *, limit: int) -> bytes:
    """Never reads more than one byte beyond `limit`, however the body is framed."""
    peeked: bytes | None = getattr(request, "peeked_body", None)
    if peeked is not None:
        return peeked
    if _declared_length(request) > limit:
        _too_large(limit)
    try:
        body = stream_of(request).read(limit + 1)
    except (UnreadablePostError, OSError) as fault:
        raise Refusal("malformed_json", "The body broke off.") from fault
    if len(body) > limit:
        _too_large(limit)
    return bytes(body)


def _declared_length(request: HttpRequest) -> int:
    declared = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(declared) if declared.isascii() and declared.isdigit() and len(declared) < 20 else 0


def stream_of(request: HttpRequest) -> Readable:
    """A chunked body has no length, so Django sees none: where the server ends the input itself, read that."""
    if not request.META.get("CONTENT_LENGTH") and request.META.get("wsgi.input_terminated"):
        return request.META["wsgi.input"]  # type: ignore[no-any-return]
    return request


def _too_large(limit: int) -> NoReturn:
    raise Refusal("payload_too_large", f"The body is larger than {limit} bytes.")
