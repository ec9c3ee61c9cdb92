"""The one outbound client: pooled connections, bounded in time and size, and only to where the portal may call.

A name is resolved once for each connection; every address that it has must be globally routable, unless the settings
allow the host; the connection is made to one of those addresses, while TLS and `Host` keep the name. No redirect is
followed, no proxy variable is heeded, no cookie is kept. Never call it inside a transaction.
"""

import asyncio
import atexit
import os
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

import aiohttp
import certifi
from aiohttp.abc import AbstractResolver, ResolveResult
from django.conf import settings
from yarl import URL

from partners.addresses import as_address, is_callable

CONNECT_SECONDS = 5.0
IDLE_SECONDS = 15.0  # a connection that is not used again by then is closed
MOST_CONNECTIONS = 1000
LOOK_UPS_AT_ONCE = 64  # a name server that is silent holds one thread for each of its names
PIECE = 65_536


class OutboundError(Exception):
    """No answer came. `code` says why, and nothing here says to whom: a path may be a secret.

    `why`: of a handshake that failed, in the words of the TLS library.
    """

    def __init__(self, code: str, why: str = "") -> None:
        super().__init__(code)
        self.code, self.why = code, why


class AddressRefusedError(OutboundError):
    """The host is, or has, an address that the portal must not call."""

    def __init__(self) -> None:
        super().__init__("address_refused")


class UrlRefusedError(ValueError):
    """The message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Request:
    """`is_repeatable`: where the other side closed a connection that was kept open, it is sent once more."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 10.0
    most_bytes: int = 1024 * 1024
    is_repeatable: bool = False

    @property
    def is_over_tls(self) -> bool:
        return self.url.lower().startswith("https:")


@dataclass(frozen=True, slots=True)
class Answer:
    """`is_cut`: there was more of it than was wanted."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool


class Resolve(Protocol):
    async def __call__(self, host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]: ...


def check_url(url: str) -> None:
    """Raises `UrlRefusedError` for what the portal would never call (contract §9)."""
    schemes = ("https", "http") if settings.ACCEPT_HTTP_URLS else ("https",)
    try:
        parsed = URL(url)
        port = parsed.port
    except ValueError:
        raise UrlRefusedError("It is not a URL.") from None
    if parsed.scheme not in schemes or not parsed.host or not port:
        raise UrlRefusedError(f"It must be a complete URL that begins with {schemes[0]}://.")
    if any(character <= " " or character > "~" for character in url):
        raise UrlRefusedError("It must be of visible ASCII characters.")
    if parsed.user is not None or parsed.password is not None or "#" in url:
        raise UrlRefusedError("It must have neither a user, a password nor a fragment.")
    address = as_address(parsed.host)
    if address is not None and not is_callable(address) and not _is_allowed(parsed.host):
        raise UrlRefusedError("Only globally routable addresses are called.")


class Flow:
    """A response whose body is read piece by piece, by one thread; another may close it."""

    def __init__(self, response: aiohttp.ClientResponse, loop: asyncio.AbstractEventLoop) -> None:
        self._response, self._loop = response, loop
        self.status, self.headers = response.status, response.headers

    def __enter__(self) -> "Flow":
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()

    def read(self) -> bytes:
        """What has come since, waiting for the first of it; b"" at the end. Raises `OutboundError`."""
        try:
            return asyncio.run_coroutine_threadsafe(self._response.content.readany(), self._loop).result()
        except (aiohttp.ClientError, OSError, ValueError) as fault:
            raise OutboundError(_code_of(fault, over_tls=False)) from None  # any handshake is behind it

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._response.close)


class Outbound:
    """Its connections live in a thread of their own; any thread may call."""

    def __init__(self, *, resolve: Resolve | None = None, tls: ssl.SSLContext | None = None) -> None:
        self._resolve, self._tls = resolve, tls or _tls()
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(LOOK_UPS_AT_ONCE, thread_name_prefix="look-up"))
        self._thread = threading.Thread(target=self._loop.run_forever, name="outbound", daemon=True)
        self._thread.start()
        self._session = asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()

    def call(self, request: Request) -> Answer:
        """Raises `OutboundError`."""
        return self.submit(request).result()

    def submit(self, request: Request) -> "Future[Answer]":
        """The same while the caller does something else."""
        return asyncio.run_coroutine_threadsafe(self._answer(request), self._loop)

    def open(self, request: Request, *, silence: float) -> Flow:
        """A body that has no end, to be read as it comes; `silence`: after so many seconds without a byte it is cut.

        Raises `OutboundError`; so does reading it.
        """
        try:
            response = asyncio.run_coroutine_threadsafe(self._begin(request, silence), self._loop).result()
        except (aiohttp.ClientError, OSError, ValueError) as fault:
            raise OutboundError(_code_of(fault, over_tls=request.is_over_tls)) from None
        return Flow(response, self._loop)

    async def _begin(self, request: Request, silence: float) -> aiohttp.ClientResponse:
        _check_literal(request.url)
        return await self._session.request(
            request.method,
            request.url,
            headers=request.headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=silence),
        )

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._session.close(), self._loop).result()
        asyncio.run_coroutine_threadsafe(self._loop.shutdown_default_executor(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=_GuardedResolver(self._resolve or aiohttp.ThreadedResolver().resolve),
            ssl=self._tls,
            limit=MOST_CONNECTIONS,
            keepalive_timeout=IDLE_SECONDS,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # what is small must not grow large
            trust_env=False,
            skip_auto_headers=("User-Agent", "Accept-Encoding"),
        )

    async def _answer(self, request: Request) -> Answer:
        ends = time.monotonic() + request.seconds
        try:
            try:
                return await self._ask(request, seconds=request.seconds)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as fault:
                if not request.is_repeatable or isinstance(fault, aiohttp.ClientConnectorError):
                    raise
                return await self._ask(request, seconds=max(0.01, ends - time.monotonic()))
        except (aiohttp.ClientError, OSError, ValueError) as fault:  # TimeoutError is an OSError
            over_tls = request.is_over_tls
            raise OutboundError(_code_of(fault, over_tls=over_tls), _why_of(fault, over_tls=over_tls)) from None

    async def _ask(self, request: Request, *, seconds: float) -> Answer:
        _check_literal(request.url)
        asked = self._session.request(
            request.method,
            request.url,
            data=request.body or None,
            headers=request.headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS, ceil_threshold=3600),
        )
        async with asked as response:
            body, is_cut = await _read(response, most=request.most_bytes)
            if is_cut:
                response.close()
            return Answer(response.status, response.headers, body, is_cut)


class _GuardedResolver(AbstractResolver):
    """Its answers are cached for ten seconds at most, and used for the connection as they are."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolve(host, port, family)
        if not _is_allowed(host):
            addresses = [as_address(each["host"]) for each in found]
            if not all(address is not None and is_callable(address) for address in addresses):
                raise AddressRefusedError
        return found

    async def close(self) -> None:
        """There is nothing to close."""


_lock = threading.Lock()
_client: Outbound | None = None


def client() -> Outbound:
    """The one of this process."""
    global _client
    with _lock:
        if _client is None:
            _client = Outbound()
            atexit.register(_close, _client, os.getpid())
        return _client


def _close(outbound: Outbound, process: int) -> None:
    """A forked child that ends has nothing to close: the thread that would do it is its parent's."""
    if os.getpid() == process:
        outbound.close()


def _forget() -> None:
    """A child of a fork has the parent's sockets and none of its threads: it makes a client of its own."""
    global _client, _lock
    _client, _lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget)


def _is_allowed(host: str) -> bool:
    return host.strip("[]").lower() in settings.OUTBOUND_ALLOWED_HOSTS


def _check_literal(url: str) -> None:
    """An address that stands in the URL itself is never resolved."""
    host = URL(url).host or ""
    address = as_address(host)
    if address is not None and not is_callable(address) and not _is_allowed(host):
        raise AddressRefusedError


async def _read(response: aiohttp.ClientResponse, *, most: int) -> tuple[bytes, bool]:
    body = bytearray()
    while piece := await response.content.read(PIECE):
        body += piece
        if len(body) > most:
            return bytes(body[:most]), True
    return bytes(body), False


def _code_of(fault: Exception, *, over_tls: bool) -> str:
    match fault:
        case TimeoutError():
            return "timed_out"
        case aiohttp.ClientConnectorDNSError():
            return "name_unknown"
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return "tls_failed"
        case aiohttp.ClientConnectorError(os_error=ConnectionResetError()) if over_tls:
            return "tls_failed"  # reached, and hung up on before there was anything to ask
        case aiohttp.ClientConnectorError():
            return "not_reached"
        case aiohttp.InvalidURL():
            return "address_refused"
        case aiohttp.ClientResponseError():
            return "answer_malformed"
        case _:
            return "disconnected"


def _why_of(fault: Exception, *, over_tls: bool) -> str:
    match fault:
        case aiohttp.ClientConnectorCertificateError():
            wrong: object = fault.certificate_error
        case aiohttp.ClientConnectorSSLError():
            wrong = fault.os_error
        case aiohttp.ClientConnectorError(os_error=ConnectionResetError()) if over_tls:
            return "the connection was cut during the handshake"
        case _:
            return ""
    if isinstance(wrong, ssl.SSLCertVerificationError):
        return str(wrong.verify_message).rstrip(".")
    return str(getattr(wrong, "reason", None) or "").replace("_", " ").lower()


def _tls() -> ssl.SSLContext:
    """The authorities of the system (or of `SSL_CERT_FILE`, as OpenSSL has it), and those of Mozilla for a machine that
    has none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
