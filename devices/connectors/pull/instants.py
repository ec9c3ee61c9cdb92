"""When something was observed, as vendors write it; and a time as they want to be asked for it. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from devices.connectors.pull.faults import Fault, shown
from devices.connectors.pull.paths import PathError, search

FORMS = ("iso", "epoch", "epoch_ms", "local", "received")
ASKED_AS = ("iso", "epoch", "epoch_ms", "date")
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # before it, a number was in another unit than the document says


@dataclass(frozen=True, slots=True)
class Clock:
    """How an entry tells the time. `zone` is a path to, or the quoted name of, the zone of `local` times."""

    form: str = "iso"
    path: str = ""
    zone: str = ""


class InstantError(ValueError):
    """The message says what to change."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def instant(clock: Clock, root: Any, *, received_at: datetime, at: str) -> datetime | Fault:
    if clock.form == "received":
        return received_at
    try:
        value = search(clock.path, root)
        found = _read(clock, value, root, received_at=received_at)
    except PathError as fault:
        return Fault(at, "path_failed", str(fault))
    except InstantError as fault:
        return Fault(at, fault.code, str(fault))
    except (ValueError, OverflowError, OSError):
        return Fault(at, "time_unreadable", f"{clock.path} is {shown(value)}, which is no time of form {clock.form}.")
    if found < EARLIEST:
        return Fault(at, "time_unreadable", f"{clock.path} is {shown(value)}: the year {found.year}. Is `form` right?")
    return found


def asked(value: datetime, form: str) -> str:
    """For a request."""
    match form:
        case "epoch":
            return str(int(value.timestamp()))
        case "epoch_ms":
            return str(int(value.timestamp() * 1000))
        case "date":
            return value.astimezone(UTC).date().isoformat()
        case _:
            return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _read(clock: Clock, value: Any, root: Any, *, received_at: datetime) -> datetime:
    if value is None:
        raise InstantError("time_missing", f"There is nothing at {clock.path}.")
    match clock.form:
        case "epoch":
            return datetime.fromtimestamp(_number(value), UTC)
        case "epoch_ms":
            return datetime.fromtimestamp(_number(value) / 1000, UTC)
        case "local":
            return _local(_iso(value), _zone(clock, root), received_at=received_at)
        case _:
            read = _iso(value)
            if read.tzinfo is None:
                raise InstantError(
                    "time_without_zone",
                    f"{clock.path} is {shown(value)}, without an offset. Say form `local` with a `zone`.",
                )
            return read.astimezone(UTC)


def _iso(value: Any) -> datetime:
    """`2022-01-01 6:00:00` too: some leave the zero out."""
    text = str(value).strip().replace("T", " ")
    day, _, clock_time = text.partition(" ")
    if len(clock_time.split(":")[0]) == 1:
        clock_time = f"0{clock_time}"
    return datetime.fromisoformat(f"{day} {clock_time}".strip().upper())


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError
    return float(value)


def _zone(clock: Clock, root: Any) -> tzinfo:
    """A name of the IANA's, an offset such as `-07:00`, or minutes east of UTC."""
    name = search(clock.zone, root)
    if isinstance(name, int) and not isinstance(name, bool):
        return timezone(timedelta(minutes=name))
    try:
        return ZoneInfo(name) if name and name[0] not in "+-" else _offset(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError):
        raise InstantError(
            "zone_unknown", f"{clock.zone} is {shown(name)}: neither a zone such as America/Denver nor an offset."
        ) from None


def _offset(text: str) -> tzinfo:
    found = datetime.fromisoformat(f"2000-01-01T00:00:00{text}").tzinfo
    if found is None:
        raise ValueError(text)
    return found


def _local(read: datetime, zone: tzinfo, *, received_at: datetime) -> datetime:
    """In the hour that a clock shows twice, the time is told by what cannot have been yet, or not at all."""
    first, second = (read.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second or second > received_at:
        return first
    if first < second:
        raise InstantError("time_ambiguous", "This hour came twice as clocks went back. Take a time in UTC if any.")
    return first
