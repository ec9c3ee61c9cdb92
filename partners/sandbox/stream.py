"""GET /v1/stream: pushes as server-sent events. `Last-Event-ID` resumes after that event, up to an hour back."""

import asyncio
import json

from aiohttp import web

from partners.sandbox import ticks
from partners.sandbox.cloud import CLOUD, Cloud
from partners.sandbox.door import GRANT
from partners.sandbox.oauth.grants import Grant
from partners.sandbox.refusals import invalid

LONGEST_GAP = 3600.0
LOOKS_EVERY = 0.1
BEATS_EVERY = 15.0


async def follow(request: web.Request) -> web.StreamResponse:
    cloud, grant = request.app[CLOUD], request[GRANT]
    seen = _seen(cloud, request.headers.get("Last-Event-ID"))
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    await response.prepare(request)
    await response.write(b": connected\n\n")
    try:
        await _tell(cloud, grant, response, seen)
    except ConnectionResetError:
        cloud.counters.pushes["streams_ended"] += 1
    return response


async def _tell(cloud: Cloud, grant: Grant, response: web.StreamResponse, seen: tuple[int, int]) -> None:
    tick, part, quiet = *seen, 0.0
    while not grant.is_over:
        while tick <= ticks.last_tick(cloud):
            for name, message in ticks.messages(cloud, grant, tick):
                if int(name.partition(".")[2]) <= part:
                    continue
                await response.write(f"id: {name}\nevent: telemetry\ndata: {json.dumps(message)}\n\n".encode())
                cloud.counters.pushes["streamed"] += 1
            tick, part, quiet = tick + 1, -1, 0.0
        await asyncio.sleep(LOOKS_EVERY)
        quiet += LOOKS_EVERY
        if quiet >= BEATS_EVERY:
            await response.write(b": beat\n\n")
            quiet = 0.0


def _seen(cloud: Cloud, last: str | None) -> tuple[int, int]:
    """The tick to begin with, and the number of its last part that was seen."""
    if last is None:
        return ticks.last_tick(cloud) + 1, -1
    tick, _, part = last.partition(".")
    if not (tick.isdigit() and part.isdigit()):
        raise invalid("Last-Event-ID", "Last-Event-ID is not one that this stream gave.")
    oldest = ticks.last_tick(cloud) - int(LONGEST_GAP // cloud.push_seconds)
    return (int(tick), int(part)) if int(tick) >= oldest else (oldest, -1)
