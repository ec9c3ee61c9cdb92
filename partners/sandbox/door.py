"""Every call to /v1/ goes through here: who asks, may they, how often, and do the faults let it by."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from partners.sandbox import limits
from partners.sandbox.cloud import CLOUD, Cloud
from partners.sandbox.oauth.grants import Grant
from partners.sandbox.refusals import Refused, invalid

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
GRANT = web.RequestKey("grant", Grant)


@dataclass(frozen=True, slots=True)
class Route:
    """`scope` None: for anybody. `category` is the one whose limit it takes from."""

    method: str
    path: str
    category: str
    scope: str | None
    handler: Handler


def guarded(route: Route) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        cloud = request.app[CLOUD]
        try:
            response = await _serve(cloud, request, route)
        except Refused as refused:
            response = web.json_response(refused.as_json(), status=refused.status, headers=refused.headers)
        cloud.counters.note(route.category, response.status)
        return response

    return serve


async def _serve(cloud: Cloud, request: web.Request, route: Route) -> web.StreamResponse:
    if route.scope is None:
        headers = cloud.limits.take(request.remote or "", route.category, now=time.time())
    else:
        grant = _grant(cloud, request)
        headers = cloud.limits.take(grant.client_id, route.category, now=time.time())
        if route.scope not in grant.scopes:
            raise Refused(403, "scope_missing", f"This needs the scope {route.scope}.", "Ask for it when authorizing.")
        request[GRANT] = grant
    await _let_faults_strike(cloud, request, route)
    response = await route.handler(request)
    if not response.prepared:
        response.headers.update(headers)
    return _garbled(cloud, response, route)


def _grant(cloud: Cloud, request: web.Request) -> Grant:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    grant = cloud.api_keys.get(request.headers.get("X-API-Key", ""))
    if grant is None and kind.lower() == "bearer":
        grant = cloud.grants.grant_of(token, now=cloud.clock.now())
    if grant is None:
        raise Refused(
            401, "token_invalid", "The token or API key is missing, expired or revoked.", "Refresh it, or ask again.",
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )  # fmt: skip
    return grant


async def _let_faults_strike(cloud: Cloud, request: web.Request, route: Route) -> None:
    faults, now = cloud.faults, cloud.clock.now()
    if latency := faults.strikes("latency", now=now, category=route.category):
        jitter = faults.drawn.uniform(-1, 1) * latency.options["jitter_ms"]
        await asyncio.sleep(max(0.0, latency.options["ms"] + jitter) / 1000)
    if faults.strikes("hang_up", now=now, category=route.category) and request.transport:
        request.transport.abort()
        raise Refused(500, "hung_up", "The connection was cut.")
    if busy := faults.strikes("too_many_requests", now=now, category=route.category):
        raise limits.too_many(route.category, wait=busy.options["retry_after"])
    if faults.strikes("server_error", now=now, category=route.category):
        raise Refused(500, "internal_error", "Something went wrong on our side.", "Try again.")
    if away := faults.strikes("unavailable", now=now, category=route.category):
        headers = {"Retry-After": str(round(away.options["retry_after"]))}
        raise Refused(503, "unavailable", "We are being maintained.", "Try again later.", headers=headers)


def _garbled(cloud: Cloud, response: web.StreamResponse, route: Route) -> web.StreamResponse:
    if not isinstance(response, web.Response) or not isinstance(response.body, bytes):
        return response
    if cloud.faults.strikes("malformed_json", now=cloud.clock.now(), category=route.category):
        response.body = response.body[: len(response.body) // 2]
    return response


async def body_of(request: web.Request) -> dict[str, Any]:
    try:
        document = json.loads(await request.read())
    except ValueError as fault:
        raise invalid("body", "The body is no JSON.") from fault
    if not isinstance(document, dict):
        raise invalid("body", "The body must be a JSON object.")
    return document
