"""The time, and how it is written on the wire: RFC 3339, UTC, seconds where that says it all."""

from datetime import UTC, datetime, timedelta

MOST_AHEAD = timedelta(days=2 * 365)  # of what somebody plans: a year 9999 is a slip, and nothing can be added to it


def now() -> datetime:
    """The present instant, aware, in UTC. Edges call this once and pass the value down."""
    return datetime.now(UTC)


def to_wire(instant: datetime) -> str:
    """`2026-05-01T17:03:00Z`; microseconds only where they are not zero."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
