"""Reading everything as it was at one instant, in one process or in several."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def one_snapshot(shared: str = "") -> Iterator[None]:
    """Everything read inside is of one instant, however much is written meanwhile. In a transaction, that one's.

    `shared` is an instant that another process has given away by `share`.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            if shared:
                cursor.execute("SET TRANSACTION SNAPSHOT %s", [shared])
        yield


def share() -> str:
    """The present instant by its name, while the transaction lasts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        return str(cursor.fetchone()[0])
