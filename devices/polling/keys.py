"""What opens a connection, at hand for many calls. Where it must be renewed, that is done beside the drive."""

import time
from collections import defaultdict
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection as database

from devices.connections.access import Authorization, authorize, renew_after_401
from devices.connections.breaking import ConnectionBrokenError, ConnectionUnavailableError
from devices.models import Connection

AT_HAND = 30.0  # seconds: a connection that is revoked stays in use no longer
RENEWALS_AT_ONCE = 4  # of one cloud: where its token endpoint hangs, only its own wait
SOON = timedelta(minutes=5)
WHEN_BROKEN = timedelta(minutes=15)


class KeyUnavailableError(Exception):
    """`code` says why; `wait` how long it is of no use to ask again."""

    def __init__(self, code: str, wait: timedelta) -> None:
        super().__init__(code)
        self.code, self.wait = code, wait


class KeyRing:
    def __init__(self) -> None:
        self._kept: dict[UUID, tuple[Authorization, float]] = {}
        self._pools: dict[UUID, ThreadPoolExecutor] = defaultdict(lambda: ThreadPoolExecutor(RENEWALS_AT_ONCE))

    def at_hand(self, connection: Connection) -> Authorization | None:
        key, until = self._kept.get(connection.pk, (None, 0.0))
        return key if until > time.monotonic() else None

    def fetch(self, connection: Connection, *, used: Authorization | None, now: datetime) -> "Future[Authorization]":
        """`used`: what the cloud refused."""
        if used is None and _is_there(connection, now=now):
            return _done(lambda: authorize(connection, now=now))
        return self._pools[connection.cloud_id].submit(_renewed, connection, used, now)

    def keep(self, connection: Connection, fetched: "Future[Authorization]") -> Authorization:
        """Raises `KeyUnavailableError`."""
        try:
            key = fetched.result()
        except ConnectionBrokenError as broken:
            raise KeyUnavailableError(f"connection_{broken.reason}"[:40], WHEN_BROKEN) from None
        except ConnectionUnavailableError as away:
            raise KeyUnavailableError("connection_unavailable", timedelta(seconds=30)) from away
        self._kept[connection.pk] = key, time.monotonic() + AT_HAND
        return key

    def forget(self, connection: Connection) -> None:
        self._kept.pop(connection.pk, None)

    def close(self) -> None:
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)


def _is_there(connection: Connection, *, now: datetime) -> bool:
    """Nothing will be renewed over it, so that it costs one query and no wait."""
    if connection.way == Connection.Way.API_KEY:
        return True
    return connection.expires_at is not None and connection.expires_at - now > SOON


def _renewed(connection: Connection, used: Authorization | None, now: datetime) -> Authorization:
    try:
        return authorize(connection, now=now) if used is None else renew_after_401(connection, used, now=now)
    finally:
        database.close()  # this thread's own


def _done(call: object) -> "Future[Authorization]":
    future: Future[Authorization] = Future()
    try:
        future.set_result(call())  # type: ignore[operator]
    except Exception as fault:
        future.set_exception(fault)
    return future
