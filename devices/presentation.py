"""Devices and the registry of their types as partners see them (contract §5)."""

from datetime import datetime
from typing import Any

from devices.freshness import freshness
from devices.kind import Command, Field, Kind, Parameter, Rated
from devices.models import Device
from devices.values import Choice, Instant, Quantity, StateOf, Value
from texture_portal.clock import to_wire


def show_device(device: Device, *, state: dict[str, Any] | None, enrollment_id: Any, now: datetime) -> dict[str, Any]:
    """`state` is the latest, None before the first reading."""
    seen = device.last_reading_at
    return {
        "id": str(device.pk),
        "manufacturerDeviceId": device.manufacturer_device_id,
        "serialNumber": device.serial_number,
        "manufacturer": device.manufacturer,
        "model": device.model,
        "type": device.type,
        "capabilities": {
            "controllable": device.controllable,
            "telemetry": device.telemetry,
            "commands": device.commands,
        },
        "ratings": device.ratings,
        "siteId": str(device.site_id),
        "enrollmentId": None if enrollment_id is None else str(enrollment_id),
        "state": state,
        "lastSeenAt": None if seen is None else to_wire(seen),
        "freshness": freshness(seen, now=now).value,
    }


def show_kind(kind: Kind) -> dict[str, Any]:
    return {
        "type": kind.type.value,
        "meaning": kind.about,
        "state": [_field(field) for field in kind.fields],
        "commands": [_command(command) for command in kind.orders],
    }


def _field(field: Field) -> dict[str, Any]:
    return {"name": field.name, **_value(field.value), "sign": field.sign or None, "meaning": field.meaning}


def _command(command: Command) -> dict[str, Any]:
    return {
        "command": command.slug,
        "meaning": command.meaning,
        "parameters": [_parameter(parameter) for parameter in command.parameters],
        "limits": [*(rule.said for rule in command.rules), *command.limits],
        "requiredRatings": list(command.needs),
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "required": parameter.required,
        "default": parameter.default,
        **_value(parameter.value),
        "sign": parameter.sign or None,
        "meaning": parameter.meaning,
        "ratedMinimum": _rated(parameter.least),
        "ratedMaximum": _rated(parameter.most),
    }


def _value(value: Value) -> dict[str, Any]:
    return {
        "valueType": value_type(value),
        "unit": (value.unit or None) if isinstance(value, Quantity) else None,
        "ranges": [{"minimum": each.least, "maximum": each.most} for each in value.ranges]
        if isinstance(value, Quantity)
        else [],
        "values": list(value.values) if isinstance(value, Choice) else None,
    }


def value_type(value: Value) -> str:
    """`timestamp` and `battery_state` are told apart from what carries them, a string and an object."""
    if isinstance(value, Instant):
        return "timestamp"
    return f"{value.type}_state" if isinstance(value, StateOf) else value.json_type


def _rated(rated: Rated | None) -> str | None:
    """`-maxChargePowerW`: the rating by its name, with its sign."""
    return None if rated is None else f"{'-' if rated.factor < 0 else ''}{rated.rating}"
