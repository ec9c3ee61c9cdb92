"""The door to django-q2: the queue that wakes workers, in PostgreSQL or, where REDIS_URL names one, in Redis."""

from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django_q.brokers import get_broker
from django_q.tasks import async_task
from redis import RedisError


class QueueAwayError(Exception):
    """It does not answer. What was to be queued is a row, and the schedule finds it once the queue is back."""


def put(function: str, *arguments: Any, group: str = "") -> None:
    """`function` is called by a worker. Raises `QueueAwayError`."""
    try:
        async_task(function, *arguments, **({"group": group} if group else {}))
    except (RedisError, OSError) as fault:
        raise QueueAwayError(type(fault).__name__) from fault


def size() -> int:
    """How many tasks no worker has taken yet. Raises `QueueAwayError`."""
    try:
        number: int = get_broker().queue_size()
    except (DatabaseError, RedisError, OSError) as fault:
        raise QueueAwayError(type(fault).__name__) from fault
    return number


def is_in_redis() -> bool:
    return bool(settings.REDIS_URL)
