"""How a line of the log looks: JSON for machines, plain for a terminal. Neither tells values.

Of an exception the log has the stack and the kind, never the message: PostgreSQL's quote rows. Of a request it has the
route, never the address.
"""

import logging
import time
from types import TracebackType

from django.http import HttpRequest
from pythonjsonlogger.core import LogData
from pythonjsonlogger.orjson import OrjsonFormatter

from texture_portal import underway
from texture_portal.traces import trace_of

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
# What may stand in a line. Whatever else a library hangs on its records (a request, a connection) is left out.
MEMBERS = (
    "at", "level", "logger", "message", "request_id", "actor", "method", "route", "status", "seconds", "process",
    "trace",
)  # fmt: skip
NOWHERE = "(no route)"
ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))} | {0x2028: "\\u2028", 0x2029: "\\u2029"}


class NamesWhatIsUnderWay(logging.Filter):
    """Adds the request, who acts and the route; and puts the route where a library has put the address."""

    def filter(self, record: logging.LogRecord) -> bool:
        known = underway.current()
        record.request_id, record.actor = known.request_id, known.actor
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest):
            record.route = route = route_of(request)
            addresses = (request.path, _escaped(request.path))
            if isinstance(record.args, tuple):
                record.args = tuple(route if each in addresses else each for each in record.args)
        return True


class Plain(logging.Formatter):
    converter = staticmethod(time.gmtime)  # as everything else that tells a time: the host's zone is nobody's business
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def formatMessage(self, record: logging.LogRecord) -> str:
        """One line, whatever somebody put into it: none can write a line of another's."""
        record.message = record.message.translate(ESCAPES)
        return super().formatMessage(record)

    def formatException(self, ei: ExcInfo) -> str:
        return _trace(ei)


class Json(OrjsonFormatter):
    def __init__(self) -> None:
        names = {"levelname": "level", "name": "logger", "exc_info": "trace"}
        super().__init__(["levelname", "name", "message", "process"], rename_fields=names, timestamp="at")

    def formatException(self, ei: ExcInfo) -> str:
        return _trace(ei)

    def process_log_record(self, log_data: LogData) -> LogData:
        return {name: log_data[name] for name in MEMBERS if log_data.get(name) not in (None, "")}


def route_of(request: HttpRequest) -> str:
    return request.resolver_match.route if request.resolver_match else NOWHERE


def _trace(ei: ExcInfo) -> str:
    return trace_of(ei[1]) if ei[1] is not None else ""


def _escaped(path: str) -> str:
    """As Django writes it into its own lines."""
    return path.encode("unicode_escape").decode("ascii")
