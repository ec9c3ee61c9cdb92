"""The body of `POST /v1/telemetry`. Readings are read by hand: there are thousands of them in it.

What is wrong with the whole refuses the whole; what is wrong with one reading is that one's.
"""

from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers

from devices.telemetry.taking import Observed, Rejected
from partners.wire import INSTANT, Instant, ListOf, Text, WireSerializer

MOST_READINGS = 5_000  # contract §5
READING_FIELDS = frozenset(("manufacturerDeviceId", "observedAt", "state"))
LONGEST_ID = 255


class _FaultyReadingError(Exception):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class StateField(serializers.Field[Any, Any, Any, Any]):
    """A state of the device's type: what may be in it, the registry knows (devices/checking)."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise serializers.ValidationError("Must be an object.", code="invalid")
        return data


class ReadingDocument(WireSerializer):
    """One reading, as it is told to partners; `_observed` is what reads it."""

    manufacturer_device_id = Text()
    observed_at = Instant()
    state = StateField()


class TelemetryDocument(WireSerializer):
    """Each reading is read by itself, so that each stands or falls alone."""

    class Item(WireSerializer):
        def run_validation(self, data: Any = None) -> Any:
            return data

    readings = ListOf(child=Item(), min_length=1, max_length=MOST_READINGS)


def read(items: list[Any]) -> tuple[dict[int, Observed], list[Rejected]]:
    """The readings by their place, and those that are none."""
    observed, rejected = {}, []
    for index, item in enumerate(items):
        try:
            observed[index] = _observed(item)
        except _FaultyReadingError as fault:
            rejected.append(Rejected(index, fault.code, fault.detail))
    return observed, rejected


def _observed(item: Any) -> Observed:
    if not isinstance(item, dict):
        raise _FaultyReadingError("invalid", "Must be an object.")
    if item.keys() != READING_FIELDS:
        _refuse_fields(item)
    device_id, state = item["manufacturerDeviceId"], item["state"]
    if type(device_id) is not str or not 0 < len(device_id) <= LONGEST_ID or "\x00" in device_id:
        raise _FaultyReadingError(
            "invalid", f"/manufacturerDeviceId: Must be a string of 1 to {LONGEST_ID} characters."
        )
    if type(state) is not dict:
        raise _FaultyReadingError("invalid", "/state: Must be an object.")
    return Observed(device_id, _instant(item["observedAt"]), state)


def _refuse_fields(item: dict[str, Any]) -> None:
    for name in READING_FIELDS - item.keys():
        raise _FaultyReadingError("required", f"/{name}: This field is required.")
    raise _FaultyReadingError("unknown_field", "A reading has manufacturerDeviceId, observedAt and state alone.")


def _instant(given: Any) -> datetime:
    if type(given) is not str or not INSTANT.fullmatch(given):
        raise _FaultyReadingError(
            "invalid", "/observedAt: Must be an RFC 3339 timestamp with an offset, such as 2026-05-01T17:03:00Z."
        )
    try:
        return datetime.fromisoformat(given.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _FaultyReadingError("invalid", "/observedAt: There is no such time.") from None
