"""Names that one transaction holds alone until it ends: of a device, of a customer, of an idempotency key."""

import hashlib
from collections.abc import Collection

from django.db import OperationalError
from psycopg.errors import DeadlockDetected, LockNotAvailable

from texture_portal import prepared

LONGEST_WAIT = "10s"  # for another transaction that holds a name or a row
LONGEST_IDLE = "50s"  # a holder whose machine died must let go within 60 s (contract §2.4)

# The limits are set before the first name is waited for.
HOLD = """
WITH limits AS MATERIALIZED (
    SELECT set_config('lock_timeout', %s, true), set_config('idle_in_transaction_session_timeout', %s, true)
)
SELECT pg_advisory_xact_lock(number) FROM limits, unnest(%s::bigint[]) AS number
"""


class NameHeldError(Exception):
    """Somebody else held a name for longer than one may wait."""


def hold(names: Collection[str]) -> None:
    """In one order for everybody, so that holders never wait for each other in a circle.

    What is read after it is what the holders before have left. Raises `NameHeldError`.
    """
    try:
        prepared.execute(HOLD, [LONGEST_WAIT, LONGEST_IDLE, sorted({number_of(name) for name in names})])
    except OperationalError as fault:
        if isinstance(fault.__cause__, LockNotAvailable) or was_deadlock(fault):
            raise NameHeldError from fault
        raise


def was_deadlock(fault: OperationalError) -> bool:
    """Whether two transactions waited for each other, and this one was undone so that the other goes on."""
    return isinstance(fault.__cause__, DeadlockDetected)


def number_of(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
