"""A worker that stays at its rows for a while: whoever writes more of them need not wake another meanwhile.

The lock is shared by every worker at it, and had for an instant by who looks whether there is one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction

from texture_portal import jobs


@dataclass(frozen=True)
class Vigil:
    """`kind` is the job's; `number` that of an advisory lock, of our own giving."""

    kind: str
    number: int

    def wake(self) -> None:
        """As soon as the present transaction commits, once for all that it writes."""
        if not any(each[1] == self._wake_unless_awake for each in connection.run_on_commit):
            # Robust: what is committed stands, and the schedule finds it.
            transaction.on_commit(self._wake_unless_awake, robust=True)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Whoever leaves it has to look once more: what was written meanwhile may have counted on it."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock_shared(%s)", [self.number])
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock_shared(%s)", [self.number])

    def _wake_unless_awake(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [self.number])
            [is_nobody_awake] = cursor.fetchone()
        if is_nobody_awake:
            jobs.wake(self.kind)
