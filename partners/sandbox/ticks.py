"""Pushes go out at ticks, multiples of the push interval; physics knows the past, so a tick can be told again."""

from collections.abc import Iterator
from typing import Any

from partners.sandbox.cloud import Cloud
from partners.sandbox.oauth.grants import Grant
from partners.sandbox.telemetry import current

READINGS_A_PUSH = 100


def last_tick(cloud: Cloud) -> int:
    return int(cloud.clock.now() // cloud.push_seconds)


def instant_of(cloud: Cloud, tick: int) -> float:
    return tick * cloud.push_seconds


def messages(cloud: Cloud, grant: Grant, tick: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each with its id, the same however often it is told."""
    units, at = cloud.units_of(grant), instant_of(cloud, tick)
    for number, first in enumerate(range(0, len(units), READINGS_A_PUSH)):
        data = [current(cloud, unit, now=at) for unit in units[first : first + READINGS_A_PUSH]]
        yield f"{tick}.{number}", {"type": "telemetry", "data": data}
