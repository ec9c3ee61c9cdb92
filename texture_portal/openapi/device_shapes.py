"""Devices, programs and the registry of device types as JSON Schema; what a state can hold is read off the registry."""

from functools import singledispatch
from typing import Any

from devices.freshness import Freshness
from devices.kind import Kind
from devices.kinds import KINDS, RATINGS, DeviceType
from devices.telemetry.taking import REJECTIONS
from devices.values import Choice, Flag, Instant, Quantity, StateOf
from programs.models import ProgramType
from texture_portal.openapi.schema import INSTANT, TEXT, UUID, Schema, listed, nullable, one_of, said, shape, whole

NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
DAY: Schema = {"type": "string", "format": "date"}


def state_name(device_type: str) -> str:
    return f"{device_type.capitalize()}State"


def state_schema(kind: Kind) -> Schema:
    """Every field may be null or absent."""
    told = {
        field.name: said(" ".join(filter(None, [field.meaning, field.sign, _unit(field.value)])), _of(field.value))
        for field in kind.fields
    }
    return {"type": "object", "properties": {name: nullable(schema) for name, schema in told.items()}}


def _unit(value: Any) -> str:
    return f"In {value.unit}." if isinstance(value, Quantity) and value.unit else ""


@singledispatch
def _of(value: Any) -> Schema:
    raise TypeError(f"{type(value).__name__} has no JSON Schema here: say what it takes")


@_of.register
def _(value: Quantity) -> Schema:
    bounds = [_bounds(each.least, each.most) for each in value.ranges]
    return {**NUMBER, **(bounds[0] if len(bounds) == 1 else {"anyOf": bounds} if bounds else {})}


@_of.register
def _(value: Choice) -> Schema:
    return one_of(value.values)


@_of.register
def _(value: Flag) -> Schema:
    return FLAG


@_of.register
def _(value: Instant) -> Schema:
    return INSTANT


@_of.register
def _(value: StateOf) -> Schema:
    return shape(state_name(value.type))


def _bounds(least: float | None, most: float | None) -> Schema:
    return {name: bound for name, bound in (("minimum", least), ("maximum", most)) if bound is not None}


VALUE = {
    "name": TEXT,
    "valueType": one_of(("number", "boolean", "string", "timestamp", "battery_state")),
    "unit": nullable(TEXT),
    "ranges": said("Within one of these; none: any.", listed(shape("Range"))),
    "values": said("One of these; null where it is no choice.", {**nullable({"type": "array"}), "items": TEXT}),
    "sign": said("What positive and negative mean.", nullable(TEXT)),
    "meaning": TEXT,
}
PARAMETER = whole(
    **VALUE,
    required=FLAG,
    default=said("Where it is not given.", {"type": ["boolean", "string", "null"]}),
    ratedMinimum=said("The rating of the device that bounds it, `-` for its negative.", nullable(TEXT)),
    ratedMaximum=said("Likewise.", nullable(TEXT)),
)
COMMAND_TYPE = whole(
    command=TEXT,
    meaning=TEXT,
    parameters=listed(shape("CommandParameter")),
    limits=said("What holds beyond single parameters.", listed(TEXT)),
    requiredRatings=said("Without them the command is refused.", listed(one_of(RATINGS))),
)
DEVICE: Schema = {
    **whole(
        id=UUID,
        manufacturerDeviceId=TEXT,
        serialNumber=TEXT,
        manufacturer=TEXT,
        model=TEXT,
        type=one_of(DeviceType),
        capabilities=whole(controllable=FLAG, telemetry=FLAG, commands=listed(TEXT)),
        ratings=said("As you stated them.", {"type": "object", "additionalProperties": nullable(NUMBER)}),
        siteId=UUID,
        enrollmentId=said("Its open enrollment; null where there is none.", nullable(UUID)),
        state=said(
            "The latest, by the device's type (see `/docs/device-types`); null before the first reading.",
            {"type": ["object", "null"]},
        ),
        lastSeenAt=said("When its latest reading was observed.", nullable(INSTANT)),
        freshness=said("`fresh` under 15 minutes, `offline` over 72 hours.", one_of(Freshness)),
    ),
    "allOf": [
        {
            "if": {"properties": {"type": {"const": str(kind)}}},
            "then": {"properties": {"state": nullable(shape(state_name(kind)))}},
        }
        for kind in KINDS
    ],
}
TELEMETRY_MOMENT = whole(
    observedAt=said("Rolled up: when the bucket begins.", INSTANT),
    state=said("Fields of the device's type; what was not told is not there.", {"type": "object"}),
)
TELEMETRY_MOMENT["properties"] |= {
    "readings": said("Only rolled up: how many it is made of.", {"type": "integer", "minimum": 1}),
    "minimum": said("Only rolled up: the least of averaged numbers; empty for one reading.", {"type": "object"}),
    "maximum": said("Likewise the most.", {"type": "object"}),
}
SHAPES: dict[str, Schema] = {
    **{state_name(kind.type): state_schema(kind) for kind in KINDS.values()},
    "Range": whole(minimum=nullable(NUMBER), maximum=nullable(NUMBER)),
    "StateField": whole(**VALUE),
    "CommandParameter": PARAMETER,
    "CommandType": COMMAND_TYPE,
    "DeviceKind": whole(
        type=one_of(DeviceType),
        meaning=TEXT,
        state=listed(shape("StateField")),
        commands=listed(shape("CommandType")),
    ),
    "DeviceTypes": whole(data=listed(shape("DeviceKind")), nextCursor=nullable(TEXT)),
    "Device": DEVICE,
    "Devices": whole(data=listed(shape("Device")), nextCursor=nullable(TEXT)),
    "TelemetryTaken": whole(
        accepted=said("Kept.", {"type": "integer", "minimum": 0}),
        duplicates=said("Of a device and instant that are kept already.", {"type": "integer", "minimum": 0}),
        rejected=listed(shape("RejectedReading")),
    ),
    "Telemetry": whole(data=listed(shape("TelemetryMoment")), nextCursor=nullable(TEXT)),
    "TelemetryMoment": TELEMETRY_MOMENT,
    "RejectedReading": whole(
        index=said("Its place in `readings`, from 0.", {"type": "integer", "minimum": 0}),
        code=one_of(REJECTIONS),
        detail=TEXT,
    ),
    "OfferedProgram": whole(
        id=UUID,
        name=TEXT,
        type=one_of(ProgramType.values),
        deviceTypes=listed(one_of(DeviceType)),
        requiredCommands=listed(TEXT),
        utility=said("The utility or community choice aggregator whose program it is.", shape("Utility")),
        startsOn=nullable(DAY),
        endsOn=nullable(DAY),
        open=said("Whether there is room.", FLAG),
    ),
    "OfferedPrograms": whole(data=listed(shape("OfferedProgram")), nextCursor=nullable(TEXT)),
}
