"""What to put on a call of a cloud so that it answers: fresh, however many workers ask for it at once."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from devices.connections import renewal
from devices.connections.breaking import ConnectionBrokenError, ConnectionUnavailableError
from devices.models import Cloud, Connection
from texture_portal.vault import SealBrokenError

LEAD = timedelta(minutes=2)  # so long before it expires an access token is renewed, or a quarter of its life
LONGEST_WAIT = 20.0  # seconds, for another worker that renews
POLL = 0.05
Way, Status = Connection.Way, Connection.Status


@dataclass(frozen=True, slots=True)
class Authorization:
    """Headers and query parameters for one call. They are secret: nothing here prints them."""

    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
    generation: int


def authorize(connection: Connection, *, now: datetime) -> Authorization:
    """Call it outside any transaction: it may renew the tokens.

    Raises `ConnectionBrokenError` where somebody must act, and `ConnectionUnavailableError` where the cloud cannot
    renew now and the present token has expired.
    """
    row = _current(connection)
    _check(row)
    return _renewed(row, is_usable=_lives(row, now=now), now=now) if _is_due(row, now=now) else _authorization(row)


def renew_after_401(connection: Connection, used: Authorization, *, now: datetime) -> Authorization:
    """The cloud refused what was `used`, whatever the clock says: what others have brought since, or new.

    Raises like `authorize`.
    """
    row = _current(connection)
    _check(row)
    if row.generation != used.generation:
        return _authorization(row)
    if row.way == Way.API_KEY:
        raise _key_refused(row, used, now=now)
    return _renewed(row, is_usable=False, is_refused=True, now=now)


def _renewed(row: Connection, *, is_usable: bool, is_refused: bool = False, now: datetime) -> Authorization:
    """`is_usable`: the present token is still good, if need be. `is_refused`: the cloud has said that it is not."""
    generation, began = row.generation, time.monotonic()
    while True:
        present = now + timedelta(seconds=time.monotonic() - began)
        claimed = _claim(row, generation=generation, is_refused=is_refused, now=present)
        if claimed is not None:
            renewal.carry_out(claimed, now=present)
        row = _current(row)
        _check(row)
        if is_usable or row.generation != generation:
            return _authorization(row)
        if not row.is_being_renewed(now=present) or time.monotonic() - began > LONGEST_WAIT:
            retry_at = row.renewing_until or row.renew_not_before or present
            raise ConnectionUnavailableError(row.last_fault or "renewal_under_way", retry_at=retry_at)
        time.sleep(POLL)


def _claim(row: Connection, *, generation: int, is_refused: bool, now: datetime) -> renewal.Claim | None:
    try:
        return renewal.claim(row, generation=generation, is_refused=is_refused, now=now)
    except SealBrokenError as broken:
        raise ConnectionBrokenError("unreadable") from broken


@transaction.atomic
def _key_refused(connection: Connection, used: Authorization, *, now: datetime) -> ConnectionBrokenError:
    """A key has nothing to be renewed with."""
    row = renewal.hold(connection)
    if row.status == Status.ACTIVE and row.generation == used.generation:
        renewal.break_off(row, "key_refused", now=now)
    return ConnectionBrokenError("key_refused")


def _current(connection: Connection) -> Connection:
    return Connection.objects.select_related("cloud").get(pk=connection.pk)


def _check(row: Connection) -> None:
    if row.status != Status.ACTIVE:
        raise ConnectionBrokenError(row.broken_reason or "revoked")


def _is_due(row: Connection, *, now: datetime) -> bool:
    if row.way == Way.API_KEY:
        return False
    if row.sealed_access_token is None:
        return True
    if row.expires_at is None or row.renewed_at is None:
        return False
    return now >= row.expires_at - min(LEAD, (row.expires_at - row.renewed_at) / 4)


def _lives(row: Connection, *, now: datetime) -> bool:
    return row.sealed_access_token is not None and (row.expires_at is None or now < row.expires_at)


def _authorization(row: Connection) -> Authorization:
    try:
        if row.way == Way.API_KEY:
            return keyed(row.cloud, row.secret("sealed_api_key") or "", generation=row.generation)
        return Authorization({"Authorization": f"Bearer {row.secret('sealed_access_token')}"}, {}, row.generation)
    except SealBrokenError as broken:
        raise ConnectionBrokenError("unreadable") from broken


def keyed(cloud: Cloud, key: str, *, generation: int) -> Authorization:
    carried = {cloud.api_key_name: f"{cloud.api_key_prefix} {key}".strip()}
    if cloud.api_key_place == Cloud.KeyPlace.QUERY:
        return Authorization({}, carried, generation)
    return Authorization(carried, {}, generation)
