"""The simulated cloud as a server: its routes put together, and run until it is told to stop."""

import asyncio
import json
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from partners.sandbox import calls, control, descriptions, handshakes, pushes
from partners.sandbox.certificates import Authority
from partners.sandbox.cloud import CLOUD, Cloud
from partners.sandbox.door import Route, guarded
from partners.sandbox.faults import IN_HANDSHAKES
from partners.sandbox.oauth import endpoints
from partners.sandbox.oauth.outcomes import OUTCOMES

MOST_BYTES = 1024 * 1024
MANUAL = Path(__file__).with_name("API.md")


def application(cloud: Cloud) -> web.Application:
    app = web.Application(client_max_size=MOST_BYTES)
    app[CLOUD] = cloud
    app[pushes.SUBSCRIPTIONS] = {}
    app.cleanup_ctx.append(_sending)
    app.cleanup_ctx.append(_warming)
    for route in (*calls.ROUTES, *TOKEN_ROUTES):
        app.router.add_route(route.method, route.path, guarded(route))
    for method, path, handler in (*control.ROUTES, *OPEN_ROUTES):
        app.router.add_route(method, path, handler)
    return app


def serve(
    cloud_at: Callable[[str], Cloud], *, host: str, port: int, ready: Callable[[Cloud], None],
    authority: Authority | None = None,
) -> None:  # fmt: skip
    """`cloud_at(origin)` makes the cloud once it is known where it is reached; `ready` is told when it answers.

    `authority`: over TLS, by certificates that it issues.
    """
    with socket.create_server((host, port), backlog=1024) as listener:
        name = f"[{host}]" if ":" in host else host
        scheme = "https" if authority else "http"
        cloud = cloud_at(f"{scheme}://{name}:{listener.getsockname()[1]}")
        asyncio.run(_run(cloud, listener, ready, _tls(cloud, authority) if authority else None))


def credentials(cloud: Cloud, *, authority: str | None = None) -> str:
    """Everything that one needs to talk to it, as one line of JSON. `authority`: the file with whom to trust."""
    return json.dumps({
        "url": cloud.issuer,
        "devices": len(cloud.fleet.units),
        "sites": len(cloud.fleet.sites),
        "client": {"id": cloud.portal.id, "secret": cloud.portal.secrets[0]},
        "utility_client": {"id": cloud.utility.id, "secret": cloud.utility.secrets[0]},
        "api_key": next(iter(cloud.api_keys)),
        "account": next(iter(cloud.accounts)),
        "password": cloud.password,
        "control_key": cloud.control_key,
        "authority": authority,
    })  # fmt: skip


def _tls(cloud: Cloud, authority: Authority) -> ssl.SSLContext:
    def fault() -> str | None:
        now = cloud.clock.now()
        return next((kind for kind in IN_HANDSHAKES if cloud.faults.strikes(kind, now=now)), None)

    names = [urlsplit(cloud.issuer).hostname or "localhost", "localhost", "127.0.0.1"]
    return handshakes.Handshakes(handshakes.spoken_by(authority, list(dict.fromkeys(names))), fault)


async def _run(
    cloud: Cloud, listener: socket.socket, ready: Callable[[Cloud], None], tls: ssl.SSLContext | None
) -> None:
    runner = web.AppRunner(application(cloud), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.SockSite(runner, listener, ssl_context=tls).start()
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    ready(cloud)
    await stopped.wait()
    await runner.cleanup()


async def _sending(app: web.Application) -> AsyncIterator[None]:
    async with aiohttp.ClientSession() as app[pushes.SENDER]:
        yield
        await pushes.stop_all(app)


async def _warming(app: web.Application) -> AsyncIterator[None]:
    """Today is computed for every home before somebody asks, a home at a time between the requests."""
    cloud = app[CLOUD]

    async def warm() -> None:
        for site in cloud.fleet.sites.values():
            site.life.at(cloud.clock.now())
            await asyncio.sleep(0)

    task = asyncio.create_task(warm())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _manual(request: web.Request) -> web.Response:
    return web.Response(text=MANUAL.read_text(encoding="utf-8"), content_type="text/markdown")


async def _accounts(request: web.Request) -> web.Response:
    """Nobody's secret here: who tries, has to know as whom to log in."""
    cloud = request.app[CLOUD]
    homes = [
        {
            "account": account, "password": cloud.password, "comes_to": "Access is given.",
            "devices": [descriptions.device(unit) for unit in site.units],
        }
        for account, site in cloud.accounts.items()
    ]  # fmt: skip
    staged = [
        {"account": account, "password": cloud.password, "comes_to": comes_to, "devices": []}
        for account, comes_to in OUTCOMES.items()
    ]
    return web.json_response({"data": [*staged, *homes]})


async def _health(request: web.Request) -> web.Response:
    return web.json_response({"status": "ok", "devices": len(request.app[CLOUD].fleet.units)})


TOKEN_ROUTES = (
    Route("POST", "/oauth/token", "token", None, endpoints.token),
    Route("POST", "/oauth/revoke", "token", None, endpoints.revoke),
)
OPEN_ROUTES = (
    ("GET", "/", _manual),
    ("GET", "/healthz", _health),
    ("GET", "/accounts", _accounts),
    ("GET", "/.well-known/oauth-authorization-server", endpoints.discovery),
    ("GET", "/oauth/authorize", endpoints.ask),
    ("POST", "/oauth/authorize", endpoints.decide),
)
