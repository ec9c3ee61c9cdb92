"""One process of many that does a thing, while the others stand by: by a lock that the database lets go with it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from texture_portal.holding import number_of

log = logging.getLogger(__name__)


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Waits until nobody else is at it. By a connection of its own: what is done here may want transactions."""
    holder = connections.create_connection("default")
    try:
        with holder.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [number_of(f"alone|{name}")])
        yield
    finally:
        holder.close()


class Alone:
    """`name` is that of the thing. The lock lives as long as a connection that is used for nothing else."""

    def __init__(self, name: str) -> None:
        self._number = number_of(f"alone|{name}")
        self._connection: BaseDatabaseWrapper | None = None
        self._holds = False

    def is_so(self) -> bool:
        """Ask it again and again: whoever loses the connection has lost the lock. Raises what the database does."""
        if self._connection is None:
            self._connection = connections.create_connection("default")
        try:
            with self._connection.cursor() as cursor:
                if self._holds:
                    cursor.execute("SELECT 1")
                else:
                    cursor.execute("SELECT pg_try_advisory_lock(%s)", [self._number])
                    (self._holds,) = cursor.fetchone()
        except (OperationalError, InterfaceError):
            self.end()
            raise
        return self._holds

    def end(self) -> None:
        self._holds = False
        if self._connection is not None:
            self._connection.close()
            self._connection = None
