"""A simulated peer that speaks the Census geocoder's protocol over real HTTP on loopback."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

NO_MATCH = {"result": {"input": {}, "addressMatches": []}}
DOWN = (503, b"maintenance", 0)


def found_at(latitude: float, longitude: float) -> dict:
    return {
        "result": {
            "input": {"benchmark": {"benchmarkName": "Public_AR_Current"}},
            "addressMatches": [
                {
                    "matchedAddress": "3501 CIVIC CENTER DR, SAN RAFAEL, CA, 94903",
                    "coordinates": {"x": longitude, "y": latitude},
                    "tigerLine": {"side": "L", "tigerLineId": "1"},
                }
            ],
        }
    }


FOUND = found_at(37.9975, -122.5311)


class Peer(ThreadingHTTPServer):
    """Answers one after another what it was told to, as (status, body, seconds); the last answer again and again.
    `seconds` may be a call that returns when it is to answer.

    `for_street` holds an answer of its own for streets that begin so.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.answers = []
        self.for_street = {}
        self.asked = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/geocoder"

    def answer_to(self, query):
        for street, answer in self.for_street.items():
            if query.get("street", "").startswith(street):
                return answer
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self.server.asked.append((url.path, query))
        status, body, seconds = self.server.answer_to(query)
        seconds() if callable(seconds) else time.sleep(seconds)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # who asked has given up, or was killed
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def census_peer() -> Iterator[Peer]:
    peer = Peer()
    thread = threading.Thread(target=peer.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield peer
    finally:
        peer.shutdown()
        peer.server_close()
        thread.join()
