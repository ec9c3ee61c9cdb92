"""What tests and demos do to the cloud from outside: faults, clock, tokens. No OEM has this; it has its own key."""

import hmac
from typing import Any

from aiohttp import web

from partners.sandbox.clock import to_wire
from partners.sandbox.cloud import CLOUD, Cloud
from partners.sandbox.door import Handler, body_of
from partners.sandbox.faults import IN_HANDSHAKES, Fault
from partners.sandbox.limits import limits_from
from partners.sandbox.refusals import Refused, invalid


def controlled(handler: Handler) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            if not hmac.compare_digest(given.encode(), request.app[CLOUD].control_key.encode()):
                raise Refused(401, "control_key_wrong", "This needs the control key, which is printed at the start.")
            return await handler(request)
        except Refused as refused:
            return web.json_response(refused.as_json(), status=refused.status)

    return serve


async def add_fault(request: web.Request) -> web.Response:
    return web.json_response(inflict(request.app[CLOUD], await body_of(request)), status=201)


async def faults(request: web.Request) -> web.Response:
    return web.json_response({"data": [each.as_json() for each in request.app[CLOUD].faults.known.values()]})


async def mend(request: web.Request) -> web.Response:
    """One by its id, or all."""
    known = request.app[CLOUD].faults.known
    name = request.match_info.get("fault")
    if name is None:
        known.clear()
    elif known.pop(name, None) is None:
        raise Refused(404, "not_found", "There is no such fault; perhaps it is over.")
    return web.Response(status=204)


async def set_clock(request: web.Request) -> web.Response:
    """Only forward: a past that was told does not change."""
    cloud, ahead = request.app[CLOUD], (await body_of(request)).get("ahead_s")
    if isinstance(ahead, bool) or not isinstance(ahead, int | float) or ahead < cloud.clock.ahead:
        raise invalid("ahead_s", f"ahead_s must be a number, at least {cloud.clock.ahead:g}.")
    cloud.clock.ahead = float(ahead)
    return web.json_response({"now": to_wire(cloud.clock.now()), "ahead_s": cloud.clock.ahead})


async def set_limits(request: web.Request) -> web.Response:
    cloud, text = request.app[CLOUD], (await body_of(request)).get("limits")
    try:
        cloud.limits.of = limits_from(text if isinstance(text, str) else "?")
    except ValueError as fault:
        raise invalid("limits", str(fault)) from fault
    cloud.limits.buckets.clear()
    return web.json_response(cloud.limits.as_json())


async def counters(request: web.Request) -> web.Response:
    cloud = request.app[CLOUD]
    told = cloud.counters
    return web.json_response({
        "requests": dict(told.requests),
        "statuses": dict(told.statuses),
        "busiest_second": {name: told.busiest_second(name) for name in told.requests},
        "pushes": dict(told.pushes),
        "tokens": {"refreshed": cloud.grants.refreshed, "refresh_reuses": cloud.grants.reuses},
        "commands": len(cloud.commands.given),
        "command_repeats": cloud.commands.repeats,
    })  # fmt: skip


async def add_client(request: web.Request) -> web.Response:
    document = await body_of(request)
    addresses = document.get("redirect_uris", [])
    if not isinstance(addresses, list) or not all(isinstance(each, str) for each in addresses):
        raise invalid("redirect_uris", "redirect_uris must be a list of addresses.")
    program = document.get("program")
    made = request.app[CLOUD].clients.add(redirect_uris=tuple(addresses), program=program)
    return web.json_response({"client_id": made.id, "client_secret": made.secrets[0]}, status=201)


async def add_secret(request: web.Request) -> web.Response:
    """A second secret, or without `client_id` a second API key: the first stays good, so that they rotate."""
    cloud, client_id = request.app[CLOUD], (await body_of(request)).get("client_id")
    if client_id is None:
        return web.json_response({"api_key": cloud.add_api_key()}, status=201)
    if (client := cloud.clients.known.get(client_id)) is None:
        raise Refused(404, "not_found", "There is no such client.")
    client.secrets.append(cloud.clients.new_secret())
    return web.json_response({"client_id": client.id, "client_secret": client.secrets[-1]}, status=201)


async def revoke_account(request: web.Request) -> web.Response:
    account = (await body_of(request)).get("account")
    return web.json_response({"revoked": request.app[CLOUD].grants.revoke_account(str(account))})


def inflict(cloud: Cloud, document: dict[str, Any]) -> dict[str, Any]:
    """Puts a fault in force, or for those that happen at once, does it."""
    now = cloud.clock.now()
    try:
        if document.get("kind") in IN_HANDSHAKES and not cloud.is_over_tls:
            raise ValueError(f"{document['kind']} needs a cloud that is served over TLS (--tls)")
        fault = cloud.faults.add(document, now=now)
    except (ValueError, TypeError) as error:
        raise invalid("fault", str(error)) from error
    return {**fault.as_json(), **_done_at_once(cloud, fault)}


def _done_at_once(cloud: Cloud, fault: Fault) -> dict[str, Any]:
    if fault.kind == "lost_tokens":
        return {"lost": cloud.grants.lose(refresh=bool(fault.options["refresh"]))}
    if fault.kind == "id_churn":
        hit = [unit for unit in list(cloud.fleet.units.values()) if cloud.faults.is_hit(fault, unit.serial)]
        return {"renamed": {unit.id: cloud.fleet.rename(unit, salt=fault.id).id for unit in hit}}
    return {}


_CALLS: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/control/faults", add_fault),
    ("GET", "/control/faults", faults),
    ("DELETE", "/control/faults", mend),
    ("DELETE", "/control/faults/{fault}", mend),
    ("POST", "/control/clock", set_clock),
    ("POST", "/control/limits", set_limits),
    ("GET", "/control/counters", counters),
    ("POST", "/control/clients", add_client),
    ("POST", "/control/secrets", add_secret),
    ("POST", "/control/revocations", revoke_account),
)
ROUTES = tuple((method, path, controlled(handler)) for method, path, handler in _CALLS)
