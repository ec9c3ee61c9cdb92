"""A partner's client, written from the contract alone: token, digest, signature, idempotency key, answers."""

import base64
import contextlib
import http.client
import json
import select
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from .problems import check_problem
from .signing import Key, Request, content_digest, sign


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The problem's code, or what was answered instead of a problem, for a readable failure."""
        is_problem = self.headers.get_content_type() == "application/problem+json"
        return str(self.json["code"]) if is_problem else f"{self.status} {self.body[:500]!r}"

    @property
    def replayed(self) -> bool:
        return self.headers.get("Idempotent-Replayed") == "true"

    def check(self) -> "Answer":
        """What must hold of every answer under /v1/, whatever the question was."""
        assert self.status < 500, self.body[:2000]
        request_id = self.headers["X-Request-ID"]
        assert request_id, "no X-Request-ID"
        if self.status >= 400:
            assert self.headers.get_content_type() == "application/problem+json", self.body[:500]
            check_problem(self.json, status=self.status)
            assert self.replayed or self.json["requestId"] == request_id
        return self


class Client:
    def __init__(self, authority: str, printed: dict[str, Any], key: Key | None = None) -> None:
        self.authority = authority
        self.partner_id, self.name = printed["partnerId"], printed["name"]
        self.client_id, self.client_secret = printed["clientId"], printed["clientSecret"]
        self.key = key or Key.from_printed(printed)
        self._token: str | None = None

    @property
    def token(self) -> str:
        if self._token is None:
            self._token = self.new_token()
        return self._token

    def new_token(self, *scopes: str) -> str:
        answer = self.ask_token(scope=" ".join(scopes))
        assert answer.status == 200, answer.body
        return str(answer.json["access_token"])

    def ask_token(self, *, basic: bool = True, secret: str | None = None, **form: str) -> Answer:
        fields = {"grant_type": "client_credentials", **{name: value for name, value in form.items() if value}}
        request = Request("POST", self.authority, "/oauth/token/")
        given = self.client_secret if secret is None else secret
        if basic:
            pair = base64.b64encode(f"{self.client_id}:{given}".encode()).decode()
            request.put("Authorization", f"Basic {pair}")
        else:
            fields |= {"client_id": self.client_id, "client_secret": given}
        request.body = urlencode(fields).encode()
        return send(request.put("Content-Type", "application/x-www-form-urlencoded"))

    def draft(self, method: str, path: str, body: Any = None, *, key: str | None = None, query: str = "") -> Request:
        """Everything a request needs but its signature. `body` as bytes is sent as it is."""
        request = Request(method, self.authority, path, query)
        request.put("Authorization", f"Bearer {self.token}")
        if method != "GET":
            request.body = body if isinstance(body, bytes) else json.dumps(body).encode()
            request.put("Content-Type", "application/json").put("Content-Digest", content_digest(request.body))
            request.put("Idempotency-Key", key or str(uuid.uuid4()))
        return request

    def get(self, path: str, **parameters: Any) -> Answer:
        return send(self.draft("GET", path, query=urlencode(parameters))).check()

    def post(self, path: str, body: Any, *, key: str | None = None, created: int | None = None) -> Answer:
        return send(sign(self.draft("POST", path, body, key=key), self.key, created=created)).check()

    def patch(
        self, path: str, body: Any, *, content_type: str = "application/merge-patch+json", key: str | None = None
    ) -> Answer:
        request = self.draft("PATCH", path, body, key=key).put("Content-Type", content_type)
        return send(sign(request, self.key)).check()

    def sign_and_send(self, request: Request, **how: Any) -> Answer:
        return send(sign(request, self.key, **how)).check()

    def enroll(self, body: dict[str, Any], **how: Any) -> Answer:
        return self.post("/v1/enrollments", body, **how)

    def enrolled(self, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.enroll(body)
        assert answer.status in {201, 202}, answer.body
        return dict(answer.json)

    def enrollments(self, **parameters: Any) -> list[dict[str, Any]]:
        answer = self.get("/v1/enrollments", **parameters)
        assert answer.status == 200, answer.body
        return list(answer.json["data"])


_idle: dict[str, list[http.client.HTTPConnection]] = {}


@contextlib.contextmanager
def _connection(authority: str) -> Iterator[http.client.HTTPConnection]:
    """A kept-alive connection that no other thread is using; given back only after a whole answer."""
    idle = _idle.setdefault(authority, [])
    connection = _taken(idle) or http.client.HTTPConnection(authority, timeout=60)
    try:
        yield connection
    except BaseException:
        connection.close()
        raise
    idle.append(connection)


def _taken(idle: list[http.client.HTTPConnection]) -> http.client.HTTPConnection | None:
    """The last that was given back, but for those that the server has closed since: it keeps them for seconds only."""
    while True:
        try:
            connection = idle.pop()
        except IndexError:
            return None
        if connection.sock is None or not select.select([connection.sock], [], [], 0)[0]:
            return connection
        connection.close()


def close_connections() -> None:
    for idle in _idle.values():
        while idle:
            idle.pop().close()


def send(request: Request) -> Answer:
    with _connection(request.authority) as connection:
        connection.putrequest(request.method, request.target, skip_accept_encoding=True)
        if request.method != "GET" and not request.header("Content-Length"):
            connection.putheader("Content-Length", str(len(request.body)))
        for name, value in request.headers:
            connection.putheader(name, value)
        connection.endheaders(request.body or None)
        got = connection.getresponse()
        answer = Answer(got.status, got.headers, got.read())
        if request.header("Connection") == "close":
            connection.close()
        return answer
