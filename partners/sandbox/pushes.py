"""Webhooks out: signed as Standard Webhooks are, at least once, again after failures; and the faults of pushes."""

import asyncio
import base64
import hmac
import json
import secrets
import time
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from partners.sandbox import ticks
from partners.sandbox.cloud import CLOUD
from partners.sandbox.door import GRANT, body_of
from partners.sandbox.oauth.grants import Grant
from partners.sandbox.refusals import Refused, invalid

LOOKS_EVERY = 0.1
WAITS = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)  # between tries; then it is given up, and counted
TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass(slots=True, eq=False)
class Subscription:
    id: str
    url: str
    secret: str
    grant: Grant
    task: asyncio.Task[None] | None = None

    def as_json(self) -> dict[str, Any]:
        return {"webhook_id": self.id, "url": self.url}

    def headers(self, message_id: str, body: bytes, *, now: float) -> dict[str, str]:
        stamp = str(int(now))
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        mac = hmac.new(key, f"{message_id}.{stamp}.".encode() + body, sha256).digest()
        return {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
        }


SUBSCRIPTIONS = web.AppKey("subscriptions", dict[str, Subscription])
SENDER = web.AppKey("sender", aiohttp.ClientSession)


async def subscribe(request: web.Request) -> web.Response:
    url = (await body_of(request)).get("url")
    if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise invalid("url", "url must be an http or https address.")
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    made = Subscription(f"hook_{secrets.token_hex(8)}", url, secret, request[GRANT])
    request.app[SUBSCRIPTIONS][made.id] = made
    made.task = asyncio.create_task(_serve(request.app, made))
    return web.json_response({**made.as_json(), "secret": secret}, status=201)


async def subscriptions(request: web.Request) -> web.Response:
    own = [each for each in request.app[SUBSCRIPTIONS].values() if each.grant.client_id == request[GRANT].client_id]
    return web.json_response({"data": [each.as_json() for each in own], "next_cursor": None})


async def unsubscribe(request: web.Request) -> web.Response:
    found = request.app[SUBSCRIPTIONS].get(request.match_info["webhook"])
    if found is None or found.grant.client_id != request[GRANT].client_id:
        raise Refused(404, "not_found", "There is no such webhook of yours.")
    await _end(request.app, found)
    return web.Response(status=204)


async def stop_all(app: web.Application) -> None:
    for each in list(app[SUBSCRIPTIONS].values()):
        await _end(app, each)


async def _end(app: web.Application, subscription: Subscription) -> None:
    del app[SUBSCRIPTIONS][subscription.id]
    if subscription.task:
        subscription.task.cancel()
        await asyncio.gather(subscription.task, return_exceptions=True)


async def _serve(app: web.Application, subscription: Subscription) -> None:
    """One after another, in order; a revoked grant ends it."""
    cloud, tick = app[CLOUD], ticks.last_tick(app[CLOUD]) + 1
    async with asyncio.TaskGroup() as late:
        while not subscription.grant.is_over:
            while tick <= ticks.last_tick(cloud):
                for name, message in ticks.messages(cloud, subscription.grant, tick):
                    await _push(app, subscription, name, message, late)
                tick += 1
            await asyncio.sleep(LOOKS_EVERY)


async def _push(
    app: web.Application, subscription: Subscription, name: str, message: dict[str, Any], late: asyncio.TaskGroup
) -> None:
    cloud, body = app[CLOUD], json.dumps({"id": name, **message}).encode()
    now = cloud.clock.now()
    if cloud.faults.strikes("lost_pushes", now=now):
        cloud.counters.pushes["lost"] += 1
        return
    if delay := cloud.faults.strikes("late_pushes", now=now):
        late.create_task(_send_later(app, subscription, name, body, delay.options["seconds"]))
        return
    await _send(app, subscription, name, body)
    if cloud.faults.strikes("duplicate_pushes", now=now):
        cloud.counters.pushes["duplicates"] += 1
        await _send(app, subscription, name, body)


async def _send_later(app: web.Application, subscription: Subscription, name: str, body: bytes, seconds: float) -> None:
    await asyncio.sleep(seconds)
    app[CLOUD].counters.pushes["late"] += 1
    await _send(app, subscription, name, body)


async def _send(app: web.Application, subscription: Subscription, name: str, body: bytes) -> None:
    pushed = app[CLOUD].counters.pushes
    for wait in (*WAITS, None):
        headers = subscription.headers(name, body, now=time.time())  # the receiver's clock is not set ahead
        try:
            async with app[SENDER].post(
                subscription.url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False
            ) as answer:
                if answer.ok:
                    pushed["delivered"] += 1
                    return
        except (aiohttp.ClientError, TimeoutError, OSError):
            pushed["unreachable"] += 1
        if wait is not None and not subscription.grant.is_over:
            pushed["retried"] += 1
            await asyncio.sleep(wait)
    pushed["given_up"] += 1
