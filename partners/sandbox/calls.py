"""The calls of the cloud's API: each reads what was asked and answers (API.md tells them to people)."""

from typing import Any

from aiohttp import web

from partners.sandbox import descriptions, paging, pushes, stream, telemetry
from partners.sandbox.clock import from_wire
from partners.sandbox.cloud import CLOUD
from partners.sandbox.door import GRANT, Route, body_of
from partners.sandbox.homes import Kind
from partners.sandbox.refusals import Refused, invalid

MOST_LISTED = 200
MOST_IN_BULK = 1000


async def sites(request: web.Request) -> web.Response:
    own = request.app[CLOUD].sites_of(request[GRANT])
    return web.json_response(paging.page(own, request.query, shape=descriptions.site, most=MOST_LISTED))


async def devices(request: web.Request) -> web.Response:
    own = request.app[CLOUD].units_of(request[GRANT])
    return web.json_response(paging.page(own, request.query, shape=descriptions.device, most=MOST_LISTED))


async def devices_of_site(request: web.Request) -> web.Response:
    name = request.match_info["site"]
    own = [unit for unit in request.app[CLOUD].units_of(request[GRANT]) if unit.site.id == name]
    if not own:
        raise Refused(404, "not_found", "There is no such site within your access.", "List the sites again.")
    return web.json_response(paging.page(own, request.query, shape=descriptions.device, most=MOST_LISTED))


async def device(request: web.Request) -> web.Response:
    return web.json_response(descriptions.device(_unit(request)))


async def state(request: web.Request) -> web.Response:
    cloud = request.app[CLOUD]
    return web.json_response(telemetry.current(cloud, _unit(request), now=cloud.clock.now()))


async def states(request: web.Request) -> web.Response:
    """The whole fleet's, page by page."""
    cloud = request.app[CLOUD]
    now, own = cloud.clock.now(), cloud.units_of(request[GRANT])
    shape = lambda unit: telemetry.current(cloud, unit, now=now)  # noqa: E731
    return web.json_response(paging.page(own, request.query, shape=shape, most=MOST_IN_BULK))


async def query_states(request: web.Request) -> web.Response:
    """Of the devices named; those that are not within reach are named back, and cost the others nothing."""
    cloud, document = request.app[CLOUD], await body_of(request)
    wanted = document.get("device_ids")
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= MOST_IN_BULK:
        raise invalid("device_ids", f"device_ids must be a list of 1 to {MOST_IN_BULK} ids.")
    known = {unit.id: unit for unit in cloud.units_of(request[GRANT])}
    now = cloud.clock.now()
    found = [known[each] for each in wanted if isinstance(each, str) and each in known]
    return web.json_response({
        "data": [telemetry.current(cloud, unit, now=now) for unit in found],
        "missing": [each for each in wanted if not isinstance(each, str) or each not in known],
    })  # fmt: skip


async def history(request: web.Request) -> web.Response:
    cloud, query = request.app[CLOUD], request.query
    seconds = telemetry.INTERVALS.get(query.get("interval_minutes", "15"))
    if seconds is None:
        raise invalid("interval_minutes", f"interval_minutes must be one of {', '.join(telemetry.INTERVALS)}.")
    now = cloud.clock.now()
    start = _instant(query, "start") if (place := paging.place(query)) is None else place
    rows, following = telemetry.history(
        cloud, _unit(request), start=start, end=_instant(query, "end", default=now), seconds=seconds,
        most=paging.size_of(query, most=MOST_IN_BULK), now=now,
    )  # fmt: skip
    return web.json_response(paging.answer(rows, following))


async def command(request: web.Request) -> web.Response:
    cloud, unit, now = request.app[CLOUD], _unit(request), request.app[CLOUD].clock.now()
    document = await body_of(request)
    fails = cloud.faults.strikes("command_fails", now=now)
    given, is_new = cloud.commands.take(
        document, unit, client=request[GRANT].client_id, now=now,
        fails="The device did not answer." if fails else None,
        is_stuck=cloud.faults.strikes("command_stuck", now=now) is not None,
        storm=unit.kind == Kind.BATTERY and cloud.faults.afflicts("storm", unit.serial, now=now) is not None,
    )  # fmt: skip
    return web.json_response(given.as_json(now), status=202 if is_new else 200)


async def commands_of_device(request: web.Request) -> web.Response:
    cloud = request.app[CLOUD]
    own = cloud.commands.to_device(request[GRANT].client_id, _unit(request).id)
    now = cloud.clock.now()
    return web.json_response(paging.page(own, request.query, shape=lambda each: each.as_json(now), most=MOST_LISTED))


async def command_status(request: web.Request) -> web.Response:
    cloud = request.app[CLOUD]
    found = cloud.commands.of(request[GRANT].client_id, request.match_info["command"])
    return web.json_response(found.as_json(cloud.clock.now()))


async def rate_limits(request: web.Request) -> web.Response:
    return web.json_response(request.app[CLOUD].limits.as_json())


def _unit(request: web.Request) -> Any:
    return request.app[CLOUD].unit(request.match_info["device"], request[GRANT])


def _instant(query: Any, name: str, *, default: float | None = None) -> float:
    if name not in query and default is not None:
        return default
    try:
        return from_wire(query.get(name, ""))
    except ValueError as fault:
        raise invalid(name, f"{name} must be an RFC 3339 timestamp with an offset.") from fault


READ, TELL, WRITE = "devices.read", "telemetry.read", "commands.write"
ROUTES = (
    Route("GET", "/v1/limits", "metadata", None, rate_limits),
    Route("GET", "/v1/sites", "metadata", READ, sites),
    Route("GET", "/v1/sites/{site}/devices", "metadata", READ, devices_of_site),
    Route("GET", "/v1/devices", "metadata", READ, devices),
    Route("GET", "/v1/devices/{device}", "metadata", READ, device),
    Route("GET", "/v1/devices/{device}/state", "telemetry", TELL, state),
    Route("GET", "/v1/states", "telemetry", TELL, states),
    Route("POST", "/v1/states/query", "telemetry", TELL, query_states),
    Route("GET", "/v1/stream", "telemetry", TELL, stream.follow),
    Route("GET", "/v1/devices/{device}/history", "historical", TELL, history),
    Route("POST", "/v1/devices/{device}/commands", "control", WRITE, command),
    Route("GET", "/v1/devices/{device}/commands", "control", WRITE, commands_of_device),
    Route("GET", "/v1/commands/{command}", "control", WRITE, command_status),
    Route("POST", "/v1/webhooks", "metadata", TELL, pushes.subscribe),
    Route("GET", "/v1/webhooks", "metadata", TELL, pushes.subscriptions),
    Route("DELETE", "/v1/webhooks/{webhook}", "metadata", TELL, pushes.unsubscribe),
)
