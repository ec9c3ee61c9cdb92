"""Clients that cost little: requests are signed before the clock starts, and go over connections that stay open."""

import gc
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from typing import Any

import requests

from examples.oem_client import Portal
from partners.limits import MOST_A_SECOND, Category
from partners.models import Partner
from partners.onboarding import raise_limit
from texture_portal import actors

TIMEOUT_SECONDS = 60
_keys = count(1)


@dataclass(frozen=True, slots=True)
class Post:
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Sender:
    """One partner at the served portal."""

    host: str
    port: int
    credentials: dict[str, str]
    token: str

    def sign(self, target: str, document: Any) -> Post:
        """As it goes out, with a new idempotency key. A signature is fresh for five minutes (contract §2.2)."""
        request = requests.Request(
            "POST",
            f"http://{self.host}:{self.port}{target}",
            json=document,
            headers={"Authorization": f"Bearer {self.token}", "Idempotency-Key": f"bench-{next(_keys)}"},
            auth=Portal("", self.credentials).signature,
        ).prepare()
        body = request.body if isinstance(request.body, bytes) else str(request.body).encode()
        return Post(target, dict(request.headers), body)

    def send(self, posts: Sequence[Post], *, clients: int, expect: int) -> "Sent":
        """By so many clients at once, each with its share. Raises RuntimeError at an answer of another status."""
        gc.collect()
        gc.freeze()  # the collector would stop all clients at once, to walk through all of the bench
        began = time.perf_counter()
        with ThreadPoolExecutor(clients) as pool:
            shares = [posts[place::clients] for place in range(clients)]
            seconds = [each for share in pool.map(lambda share: self._send(share, expect), shares) for each in share]
        return Sent(seconds, len(posts) / (time.perf_counter() - began))

    def _send(self, posts: Sequence[Post], expect: int) -> list[float]:
        connection = HTTPConnection(self.host, self.port, timeout=TIMEOUT_SECONDS)
        try:
            return [_send_one(connection, post, expect) for post in posts]
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class Sent:
    """The seconds of each post, and posts a second over all."""

    seconds: list[float]
    rate: float


def sender(host: str, port: int, credentials: dict[str, str]) -> Sender:
    raise_limits(Partner.objects.get(pk=credentials["partnerId"]), reason="What is measured is how fast the portal is.")
    portal = Portal(f"http://{host}:{port}", credentials)
    portal.http.trust_env = False
    return Sender(host, port, credentials, portal.token())


def raise_limits(partner: Partner, *, reason: str) -> None:
    """As staff could, in every category."""
    for category in Category:
        raise_limit(partner, category, a_second=MOST_A_SECOND, by=actors.system("bench"), reason=reason)


def _send_one(connection: HTTPConnection, post: Post, expect: int) -> float:
    began = time.perf_counter()
    connection.request("POST", post.target, body=post.body, headers=post.headers)
    response = connection.getresponse()
    answer = response.read()
    if response.status != expect:
        raise RuntimeError(f"{post.target} answered {response.status}: {answer.decode(errors='replace')[:500]}")
    return time.perf_counter() - began
