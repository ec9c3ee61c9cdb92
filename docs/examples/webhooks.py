"""A receiver of the portal's webhooks, with the standard library alone.

    WEBHOOK_SECRET=whsec_… python3 webhooks.py 9000

It verifies, answers at once, and does its work afterwards; what comes twice is done once.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOLERANCE_SECONDS = 300


def verify(headers: Any, body: bytes, secret: str, now: float | None = None) -> dict[str, Any]:
    """The message, or ValueError: then answer 400 and do nothing. `headers` find names in any case, or in lower."""
    key, sent_at = headers.get("webhook-id"), headers.get("webhook-timestamp", "")
    if not key or not sent_at.isdigit():
        raise ValueError("not a webhook")
    if abs((now or time.time()) - int(sent_at)) > TOLERANCE_SECONDS:
        raise ValueError("too old, or your clock is wrong")
    material = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = hmac.new(material, f"{key}.{sent_at}.".encode() + body, hashlib.sha256).digest()
    for each in headers.get("webhook-signature", "").split():
        version, _, given = each.partition(",")
        if version == "v1" and hmac.compare_digest(given, base64.b64encode(wanted).decode()):
            message: dict[str, Any] = json.loads(body)
            return message
    raise ValueError("the signature is not ours")


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: set[str] = set()  # yours is a table with a unique key

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            message = verify(self.headers, body, os.environ["WEBHOOK_SECRET"])
        except ValueError as fault:
            self.answer(400, str(fault))
            return
        if message["key"] not in self.seen:
            self.seen.add(message["key"])
            print(message["type"], message["data"].get("id"), message["data"].get("state"), flush=True)
        self.answer(200, "")

    def answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args: object) -> None:
        """Only what `do_POST` prints."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
