"""`manage.py follow_stream`: reads the streams of partners' clouds, until it is told to stop."""

import logging
import signal
from threading import Event
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, close_old_connections

from devices.connectors.push import streams
from devices.connectors.push.following import Follower
from texture_portal.alone import Alone

log = logging.getLogger(__name__)
LOOK_SECONDS = 2.0
STOP_SECONDS = 10.0


class Command(BaseCommand):
    help = "Reads the streams of all clouds of the push pattern, at least once each message, until it is stopped."

    def handle(self, **options: Any) -> None:
        told_to_stop = Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: told_to_stop.set())
        self.stdout.write("Following streams. Ctrl-C stops it.")
        alone = Alone("follow_stream")
        followers: dict[UUID, Follower] = {}
        while not told_to_stop.is_set():
            _tend(followers, alone)
            told_to_stop.wait(LOOK_SECONDS)
        _stop(followers, list(followers))
        alone.end()


def _tend(followers: dict[UUID, Follower], alone: Alone) -> None:
    """One thread for each stream that is wanted; none while another process follows them."""
    close_old_connections()
    try:
        wanted = set(streams.to_follow().values_list("pk", flat=True)) if alone.is_so() else set()
    except (OperationalError, InterfaceError) as fault:
        log.error("The database is away (%s)", type(fault).__name__)
        return
    _stop(followers, [each for each in followers if each not in wanted])
    for each in wanted - followers.keys():
        followers[each] = Follower(each)
        followers[each].thread.start()


def _stop(followers: dict[UUID, Follower], ids: list[UUID]) -> None:
    ended = [followers.pop(each) for each in ids]
    for each in ended:
        each.stop()
    for each in ended:
        each.thread.join(STOP_SECONDS)
