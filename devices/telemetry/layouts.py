"""The layouts that states are kept in, by number. They are few, so all of them are read at once."""

from collections.abc import Iterable

from devices.models import Layout
from texture_portal import prepared

Fields = tuple[str, ...]


def known() -> dict[int, Fields]:
    """Asked for anew each time: what another process has added must be readable, too."""
    rows = prepared.rows("SELECT id, fields FROM devices_layout", [])
    return {number: tuple(fields) for number, fields in rows}


def numbers_of(wanted: Iterable[Fields]) -> dict[Fields, int]:
    """Of layouts to write in; those that nobody wrote in before are made."""
    wanted = set(wanted)
    numbers = {fields: number for number, fields in known().items()}
    if missing := wanted - numbers.keys():
        Layout.objects.bulk_create([Layout(fields=list(each)) for each in missing], ignore_conflicts=True)
        numbers = {fields: number for number, fields in known().items()}
    return {fields: numbers[fields] for fields in wanted}
