"""`manage.py ingest_mqtt`: takes in readings that stream in by MQTT, until it is told to stop."""

import logging
import signal
import time
from argparse import ArgumentParser
from threading import Event
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, close_old_connections

from devices.connectors.native.messages import take
from devices.connectors.native.stream import Stream
from texture_portal import clock
from texture_portal.alone import Alone

log = logging.getLogger(__name__)
PAUSE_SECONDS = 2


class Command(BaseCommand):
    help = "Takes in readings by MQTT from the broker that MQTT_URL names, at least once each, until it is stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--session",
            default="texture-portal",
            help="the session's name at the broker: a second process of the same name stands by (%(default)s)",
        )

    def handle(self, *, session: str, **options: Any) -> None:
        if not settings.MQTT_URL:
            raise CommandError("MQTT_URL is not set. Remedy: MQTT_URL=mqtt://user:password@host:1883")
        told_to_stop = Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: told_to_stop.set())
        alone = Alone(f"ingest_mqtt|{session}")
        while not _is_alone(alone) and not told_to_stop.wait(PAUSE_SECONDS):
            pass
        if told_to_stop.is_set():
            return
        try:
            stream = Stream(settings.MQTT_URL, name=session)
        except ValueError as fault:
            raise CommandError(str(fault)) from fault
        self.stdout.write("Taking in readings. Ctrl-C stops it.")
        try:
            while not told_to_stop.is_set():
                _take_a_batch(stream)
        finally:
            stream.close()
            alone.end()


def _is_alone(alone: Alone) -> bool:
    """A broker knows one process by the session's name, and cuts the other off: whoever comes later stands by."""
    try:
        return alone.is_so()
    except (OperationalError, InterfaceError) as fault:
        log.error("The database is away (%s)", type(fault).__name__)
        return False


def _take_a_batch(stream: Stream) -> None:
    close_old_connections()
    try:
        stream.take(lambda messages: take(messages, now=clock.now()))
    except (OperationalError, InterfaceError) as fault:
        log.error("The database is away (%s): the batch comes again", type(fault).__name__)
        time.sleep(PAUSE_SECONDS)
        stream.forget()
