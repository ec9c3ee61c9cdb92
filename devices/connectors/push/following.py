"""Reading one stream for as long as it is wanted: cut, it is opened again after its last message, at least once."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, close_old_connections
from yarl import URL

from devices.connections.access import Authorization, authorize, renew_after_401
from devices.connections.breaking import ConnectionBrokenError, ConnectionUnavailableError
from devices.connectors.pull.faults import DocumentError
from devices.connectors.push import documents, streams
from devices.connectors.push.documents import StreamDocument
from devices.connectors.push.events import EventTooLongError, Parser
from devices.models import Connection
from partners import http
from texture_portal import clock
from texture_portal.traces import trace_of

log = logging.getLogger(__name__)
NAME = "Texture-Enrollment-Portal/1"
SILENCE = 60.0  # seconds without a byte: a stream that lives gives a sign more often
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=2)
ENDED, STOPPED, DATABASE_AWAY = "ended", "stopped", "database_away"


class Follower:
    """Its `run` is a thread's; `stop` is called by another."""

    def __init__(self, connection_id: UUID, *, now: Callable[[], datetime] = clock.now) -> None:
        self.connection_id, self._now = connection_id, now
        self._told_to_stop = threading.Event()
        self._flow: http.Flow | None = None
        self.thread = threading.Thread(target=self.run, name=f"stream {connection_id}", daemon=True)

    def stop(self) -> None:
        self._told_to_stop.set()
        if (flow := self._flow) is not None:
            flow.close()

    def run(self) -> None:
        while not self._told_to_stop.is_set():
            close_old_connections()
            why = self._follow()
            if not self._told_to_stop.is_set():
                self._told_to_stop.wait(self._note(why).total_seconds())
        close_old_connections()

    def _follow(self) -> str:
        """Until it is cut; why it was."""
        try:
            connection = Connection.objects.select_related("cloud__partner").get(pk=self.connection_id)
            document = documents.read(connection.cloud.document)
            return self._read(connection, document, authorize(connection, now=self._now()))
        except http.OutboundError as fault:
            return fault.code
        except DocumentError:
            return "document_faulty"
        except EventTooLongError:
            return "event_too_long"
        except ConnectionBrokenError as broken:
            return f"connection_{broken.reason}"
        except ConnectionUnavailableError:
            return "connection_unavailable"
        except (OperationalError, InterfaceError):
            return DATABASE_AWAY
        except Exception as fault:
            log.error("the stream of connection %s failed in the portal:\n%s", self.connection_id, trace_of(fault))
            return "portal_failed"

    def _read(self, connection: Connection, document: StreamDocument, key: Authorization) -> str:
        position = streams.position_of(connection)
        parser = Parser(last_id=position.last_event_id)
        with http.client().open(_request(connection, document, key, parser.last_id), silence=SILENCE) as flow:
            if flow.status == 401:
                renew_after_401(connection, key, now=self._now())
            if flow.status != 200:
                return f"http_{flow.status}"
            self._flow = flow
            streams.note_connected(connection, now=self._now())
            while not self._told_to_stop.is_set():
                if not (piece := flow.read()):
                    return ENDED
                if events := list(parser.feed(piece)):
                    streams.take_events(connection, document, events, now=self._now())
        return STOPPED

    def _note(self, why: str) -> timedelta:
        """How long to wait: it doubles while nothing comes."""
        log.warning("The stream of connection %s was cut: %s", self.connection_id, why)
        try:
            cuts = streams.note_cut(self.connection_id, why, now=self._now())
        except (OperationalError, InterfaceError) as fault:
            log.error("The database is away (%s)", type(fault).__name__)
            return FIRST_PAUSE
        pause: timedelta = FIRST_PAUSE * 2 ** min(cuts - 1, 10)
        return min(pause, LONGEST_PAUSE)


def _request(connection: Connection, document: StreamDocument, key: Authorization, last_id: str) -> http.Request:
    call = document.call
    url = URL(f"{connection.cloud.base_url.rstrip('/')}{call.path}", encoded=True)
    resume = {"Last-Event-ID": last_id} if last_id else {}
    return http.Request(
        "GET",
        str(url.update_query({**call.query, **key.query}) if call.query or key.query else url),
        headers={"User-Agent": NAME, "Accept": "text/event-stream", **call.headers, **resume, **key.headers},
    )
