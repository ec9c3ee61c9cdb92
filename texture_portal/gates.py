"""How often one address may have done what costs us and needs no proof: a token bucket for each, which all web
processes share. Behind a proxy the addresses are the clients' own only where the settings say so
(`texture_portal.client_address`).

The buckets are rows of a table that is not logged: a crash of the database fills every one, and nothing else is lost.
Addresses are not kept, only names that nobody can make without the portal's keys.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil

from django.conf import settings
from django.db import connection

from texture_portal import vault
from texture_portal.client_address import neighbourhood
from texture_portal.models import GateBucket

KEPT = timedelta(hours=6)  # by then every bucket is full again, and a row says nothing


class Gate(StrEnum):
    TOKEN = "token"  # noqa: S105 -- POST /oauth/token/
    MAIL = "mail"  # an e-mail with a way in
    VISIT = "visit"  # the beginning of a visit, which is a row, and a grant that is begun at a maker
    PLACE = "place"  # an address to be looked up, which may ask a geocoder that costs
    WAY_IN = "way_in"  # a ZIP code that is tried beside a link from an e-mail


@dataclass(frozen=True, slots=True)
class Width:
    """So many at once; one more comes back every so many seconds."""

    burst: int
    seconds: float


WIDTHS = {
    Gate.TOKEN: Width(600, 0.1),
    Gate.MAIL: Width(10, 60),
    Gate.VISIT: Width(60, 5),
    Gate.PLACE: Width(60, 5),
    Gate.WAY_IN: Width(30, 20),
}

# All by the database's clock. The last column says whether this one passes.
KNOCK = """
INSERT INTO texture_portal_gatebucket AS held (gate, name, tokens, passed, filled_at)
VALUES (%(gate)s, %(name)s, %(burst)s - 1, true, clock_timestamp())
ON CONFLICT (gate, name) DO UPDATE SET (tokens, passed, filled_at) = (
    SELECT CASE WHEN filled >= 1 THEN filled - 1 ELSE filled END, filled >= 1, at
    FROM (SELECT clock_timestamp() AS at) AS clock
    CROSS JOIN LATERAL (
        SELECT LEAST(
            %(burst)s, held.tokens + extract(epoch FROM GREATEST(at - held.filled_at, interval '0')) / %(seconds)s
        ) AS filled
    ) AS refill
)
RETURNING tokens, passed
"""


def knock(gate: Gate, address: str | None) -> int:
    """0 where it passes, else how many seconds to wait. Who cannot be told apart is one and the same."""
    width = width_of(gate)
    name = vault.derived_key(neighbourhood(address or ""), purpose=f"gate-{gate}")[:16]
    told = {"gate": gate.value, "name": name, "burst": width.burst, "seconds": width.seconds}
    with connection.cursor() as cursor:
        cursor.execute(KNOCK, told)
        tokens, passed = cursor.fetchone()
    return 0 if passed else max(1, ceil((1 - tokens) * width.seconds))


def width_of(gate: Gate) -> Width:
    return widths(settings.ADDRESS_LIMITS)[gate]


def widths(given: Mapping[str, str]) -> dict[Gate, Width]:
    """`mail=10:60`: ten at once, and one more every 60 seconds. Raises ValueError or KeyError."""
    set_anew = {Gate(name): _width(text) for name, text in given.items()}
    return {**WIDTHS, **set_anew}


def purge(*, now: datetime) -> int:
    GateBucket.objects.filter(filled_at__lt=now - KEPT).delete()
    return 0


def _width(text: str) -> Width:
    burst, _, seconds = text.partition(":")
    width = Width(int(burst), float(seconds))
    if width.burst < 1 or width.seconds <= 0:
        raise ValueError(f"{text!r} is no limit")
    return width
