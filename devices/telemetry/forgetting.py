"""What devices told, deleted or cut off from them, when the person whose they were is erased (§9).

A device may have been somebody else's before, and may be by now: `since` and `until` bound the person's own time with
it, half-open; None: nobody had it before, or has had it since.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from devices.models import Device, DeviceState, SignOfLife, StaleHour
from devices.telemetry import rollups
from devices.telemetry.rolling import hour_of

OF_THE_TIME = "device_number = ANY(%(numbers)s) AND observed_at >= %(since)s AND observed_at < %(until)s"
# A roll-up is of an hour at most; said by itself, so that only the parts of the table are read that it may be in.
IN_REACH = """
device_number = ANY(%(numbers)s) AND began_at < %(until)s AND began_at > %(since)s::timestamptz - interval '1 hour'
"""
ENDED_AT = "began_at + make_interval(mins => minutes)"
DELETE = f"DELETE FROM devices_reading WHERE {OF_THE_TIME}"  # noqa: S608 - our own names, as below
DELETE_ROLLUPS = f"DELETE FROM devices_rollup WHERE {IN_REACH} AND {ENDED_AT} > %(since)s::timestamptz"  # noqa: S608
GIVE = f"UPDATE devices_reading SET device_number = %(nobodys)s WHERE {OF_THE_TIME}"  # noqa: S608
GIVE_ROLLUPS = f"""
UPDATE devices_rollup SET device_number = %(nobodys)s
WHERE {IN_REACH} AND began_at >= %(since)s AND {ENDED_AT} <= %(until)s::timestamptz
"""  # noqa: S608
NEXT_NUMBER = "SELECT nextval(pg_get_serial_sequence('devices_devicestate', 'number'))"
LATEST = ("observed_at", "received_at", "layout", "state")
EVER, FOR_EVER = "-infinity", "infinity"


@transaction.atomic
def delete(devices: Collection[UUID], *, since: datetime | None = None, until: datetime | None = None) -> int:
    """Every reading of theirs of that time; how many, with their roll-ups. Safe to do twice.

    A roll-up that the border runs through is made anew from what the other owner's readings are.
    """
    numbers = _numbers(devices)
    if not numbers:
        return 0
    rollups.hold()
    span = _span(numbers, since, until)
    count = _run(DELETE, span)
    return count + _delete_rollups(span, since, until)


@transaction.atomic
def detach(devices: Collection[UUID], *, since: datetime | None = None, until: datetime | None = None) -> None:
    """Forgets which device it was: what is kept of that time is nobody's. Safe to do twice."""
    if since is None and until is None:
        SignOfLife.objects.filter(device__in=devices).delete()
        DeviceState.objects.filter(device__in=devices).delete()
    else:
        rollups.hold()
        for number in _numbers(devices):
            _give_away(_span([number], since, until), since, until)
        _forget_latest(devices, since, until)


def _give_away(span: dict[str, Any], since: datetime | None, until: datetime | None) -> None:
    """To a number that is no device's; the device keeps its own, under which the others' readings are."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_NUMBER)
        span["nobodys"] = cursor.fetchone()[0]
    _run(GIVE, span)
    _run(GIVE_ROLLUPS, span)
    _delete_rollups(span, since, until)


def _delete_rollups(span: dict[str, Any], since: datetime | None, until: datetime | None) -> int:
    count = _run(DELETE_ROLLUPS, span)
    borders = (each for each in (since, until) if each is not None and each != hour_of(each))
    StaleHour.objects.bulk_create(
        StaleHour(hour=hour_of(each), device_numbers=list(span["numbers"])) for each in borders
    )
    return count


def _forget_latest(devices: Collection[UUID], since: datetime | None, until: datetime | None) -> None:
    """Where that is from then: it stands beside the device until somebody else's comes."""
    states = DeviceState.objects.filter(device__in=devices)
    states.filter(_within("observed_at", since, until)).update(**dict.fromkeys(LATEST))
    states.filter(_within("counted_at", since, until)).update(counters=None, counted_at=None)
    SignOfLife.objects.filter(_within("heard_at", since, until), device__in=devices).delete()
    for sign in ("last_reading_at", "last_command_completed_at"):
        Device.objects.filter(_within(sign, since, until), pk__in=devices).update(**{sign: None})


def _within(moment: str, since: datetime | None, until: datetime | None) -> Q:
    begun = Q(**{f"{moment}__gte": since}) if since else Q()
    return begun & (Q(**{f"{moment}__lt": until}) if until else Q())


def _numbers(devices: Collection[UUID]) -> list[int]:
    return list(DeviceState.objects.filter(device__in=devices).values_list("number", flat=True))


def _span(numbers: list[int], since: datetime | None, until: datetime | None) -> dict[str, Any]:
    return {"numbers": numbers, "since": since or EVER, "until": until or FOR_EVER}


def _run(statement: str, span: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, span)
        return int(cursor.rowcount)
