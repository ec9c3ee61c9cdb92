"""Redis as the queue: one client for a process, which does not wait long for a Redis that is away.

Requests put tasks here once they are committed; what could not be put, the schedule finds.
"""

from functools import cache

import redis
from django.conf import settings
from django_q.brokers.redis_broker import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 5.0  # longer than a worker's question for the next task, which waits a second for one


class Broker(Redis):
    @staticmethod
    def get_connection(list_key: str | None = None) -> redis.Redis:
        return _client()


@cache
def _client() -> redis.Redis:
    """Safe to fork with: a process that finds itself a child makes connections of its own."""
    return redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        decode_responses=True,  # what is signed is text
        retry=Retry(NoBackoff(), 1),  # once: a connection that was idle may have been cut
    )
