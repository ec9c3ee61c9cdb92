"""Partners' receivers on loopback: real HTTP, each with a manner of its own."""

import contextlib
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    headers: dict[str, str]  # by their names in lower case
    body: bytes
    path: str
    at: float = field(default_factory=time.monotonic)

    @property
    def document(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def number(self) -> int:
        """What the test put into `data`."""
        return self.document["data"]["number"]


Manner = Callable[["Handler", Received], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Receiver"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        received = Received(headers, body, self.path)
        with self.server.lock:
            self.server.received.append(received)
        with contextlib.suppress(OSError):  # the portal hung up on a receiver that took too long
            self.server.manner(self, received)

    do_GET = do_POST

    def say(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Nothing on the terminal."""


class Receiver(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, manner: Manner, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.manner, self.received, self.lock = manner, [], threading.Lock()
        self.received: list[Received]
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/in"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that was cut is what the test wanted."""


def accepts(handler: Handler, received: Received) -> None:
    handler.say(200, b"thanks")


def answers(status: int, body: bytes = b"", **headers: str) -> Manner:
    return lambda handler, received: handler.say(status, body, **headers)


def sleeps(seconds: float) -> Manner:
    def manner(handler: Handler, received: Received) -> None:
        time.sleep(seconds)
        handler.say(200)

    return manner


def trickles(seconds: float) -> Manner:
    """A byte of a header now and then: each resets the patience of a client that only times its reads."""

    def manner(handler: Handler, received: Received) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            handler.wfile.write(b"x")
            time.sleep(0.1)

    return manner


def in_turn(*manners: Manner) -> Manner:
    """The last of them goes on."""
    left = list(manners)

    def manner(handler: Handler, received: Received) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(handler, received)

    return manner


@contextlib.contextmanager
def receiving(manner: Manner = accepts, *, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    receiver = Receiver(manner, tls)
    try:
        yield receiver
    finally:
        receiver.shutdown()
        receiver.server_close()
