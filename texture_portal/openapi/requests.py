"""The documents that partners send, as JSON Schema: read off the serializers that check them, so that both agree."""

from collections.abc import Iterator
from functools import singledispatch
from typing import Any

from django.conf import settings
from rest_framework import serializers

from devices.kinds import KINDS
from devices.telemetry.documents import ReadingDocument, TelemetryDocument
from devices.telemetry.documents import StateField as DeviceStateField
from enrollments.documents import (
    ON_OPT_IN,
    POSTAL_CODE,
    BatchDocument,
    BatchItemDocument,
    ConsentDocument,
    DeviceKindDocument,
    GivenConsentDocument,
    IPAddressField,
    PostalCodeField,
    StateField,
    UtilityHintDocument,
)
from enrollments.events.documents import EventDocument, Members
from enrollments.events.fields import PastDayOrInstant
from enrollments.events.kinds import KINDS as EVENT_KINDS
from enrollments.evidence.documents import Base64Field
from enrollments.linking.documents import EITHER, LinkSessionDocument
from partners.webhooks.documents import CallableUrl
from partners.wire import Choice, Day, Digits, Flag, Identifier, Instant, ListOf, Number, Text, Whole, WireSerializer
from territories.addresses import USPS_CODES
from texture_portal.openapi.device_shapes import state_name
from texture_portal.openapi.words import FIELDS

Schema = dict[str, Any]
Wire = type[WireSerializer]

NO_NUL = r"^[^\u0000]*$"
NO_NUL_NOT_BLANK = r"^[^\u0000]*[^\s\u0000][^\u0000]*$"
READ_APART: dict[Wire, Wire] = {  # each item of these is read by itself
    BatchDocument.Item: BatchItemDocument,
    TelemetryDocument.Item: ReadingDocument,
}


def reference(document: Wire) -> Schema:
    return {"$ref": f"#/components/schemas/{name_of(document)}"}


def name_of(document: Wire) -> str:
    return READ_APART.get(document, document).__name__


def schemas_of(*documents: Wire) -> dict[str, Schema]:
    """The documents and all that are inside them, by name."""
    found: dict[str, Schema] = {}
    for document in documents:
        for each in _within(READ_APART.get(document, document)):
            found.setdefault(each.__name__, object_schema(each))
    return found


def object_schema(document: Wire) -> Schema:
    fields = document().fields
    schema: Schema = {
        "type": "object",
        "properties": {name: _described(document, name, schema_of(field)) for name, field in fields.items()},
        "required": [name for name, field in fields.items() if field.required],
        "additionalProperties": False,
    }
    for base in reversed(document.__mro__):
        schema |= BETWEEN_FIELDS.get(base, {})
    return schema if schema["required"] else {name: value for name, value in schema.items() if name != "required"}


def query_parameters(query: Wire) -> list[Schema]:
    return [
        {
            "name": name,
            "in": "query",
            "required": field.required,
            "schema": schema_of(field),
            "description": _said_of(query, name),
        }
        for name, field in query().fields.items()
    ]


@singledispatch
def schema_of(field: serializers.Field[Any, Any, Any, Any]) -> Schema:
    raise TypeError(f"{type(field).__name__} has no JSON Schema here: say what it takes")


@schema_of.register
def _(field: WireSerializer) -> Schema:
    schema = reference(type(field))
    return {"anyOf": [schema, {"type": "null"}]} if field.allow_null else schema


@schema_of.register
def _(field: Text) -> Schema:
    pattern = NO_NUL if field.allow_blank else NO_NUL_NOT_BLANK
    least = {} if field.allow_blank else {"minLength": 1}
    return _or_null(field, {"type": "string", **least, "maxLength": field.max_length, "pattern": pattern})


@schema_of.register
def _(field: CallableUrl) -> Schema:
    schemes = "https?" if settings.ACCEPT_HTTP_URLS else "https"
    visible = f'^{schemes}://[!-"$-~]+$'  # without a fragment
    return _or_null(field, {"type": "string", "format": "uri", "maxLength": field.max_length, "pattern": visible})


@schema_of.register
def _(field: StateField) -> Schema:
    return _or_null(field, {"type": "string", "enum": sorted(USPS_CODES)})


@schema_of.register
def _(field: PostalCodeField) -> Schema:
    return _or_null(field, {"type": "string", "pattern": f"^{POSTAL_CODE.pattern}$"})


@schema_of.register
def _(field: IPAddressField) -> Schema:
    return _or_null(field, {"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]})


@schema_of.register
def _(field: Base64Field) -> Schema:
    whole, last = "[A-Za-z0-9+/]{4}", "[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}="
    limits = {"minLength": 4, "maxLength": field.max_length}
    return {"type": "string", "contentEncoding": "base64", "pattern": f"^(?:{whole})*(?:{last})?$", **limits}


@schema_of.register
def _(field: Flag) -> Schema:
    return _or_null(field, {"type": "boolean"})


@schema_of.register
def _(field: Choice) -> Schema:
    return _or_null(field, {"type": "string", "enum": [str(value) for value in field.choices]})


@schema_of.register
def _(field: Instant) -> Schema:
    return _or_null(field, {"type": "string", "format": "date-time"})


@schema_of.register
def _(field: Day) -> Schema:
    return _or_null(field, {"type": "string", "format": "date"})


@schema_of.register
def _(field: PastDayOrInstant) -> Schema:
    return {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}


@schema_of.register
def _(field: Members) -> Schema:
    return {"type": "object"}


@schema_of.register
def _(field: DeviceStateField) -> Schema:
    return {"anyOf": [{"$ref": f"#/components/schemas/{state_name(kind)}"} for kind in KINDS]}


@schema_of.register
def _(field: Identifier) -> Schema:
    return _or_null(field, {"type": "string", "format": "uuid"})


@schema_of.register
def _(field: Number) -> Schema:
    return _or_null(field, {"type": "number", **_bounds(field)})


@schema_of.register(Whole)
@schema_of.register(Digits)
def _(field: Whole | Digits) -> Schema:
    usual = {} if field.default is serializers.empty else {"default": field.default}
    return _or_null(field, {"type": "integer", **_bounds(field), **usual})


@schema_of.register
def _(field: serializers.DictField) -> Schema:
    return _or_null(field, {"type": "object"})


@schema_of.register
def _(field: ListOf) -> Schema:
    limits = {"minItems": field.min_length, "maxItems": field.max_length}
    return _or_null(field, {"type": "array", "items": schema_of(field.child), **_given(limits)})


def _commands_by_type() -> list[Schema]:
    return [
        {
            "if": {"properties": {"type": {"const": str(kind)}}, "required": ["type"]},
            "then": {
                "properties": {
                    "capabilities": {"properties": {"commands": {"items": {"enum": sorted(KINDS[kind].commands)}}}}
                }
            }
            if KINDS[kind].commands
            else {"properties": {"capabilities": {"properties": {"commands": {"maxItems": 0}}}}},
        }
        for kind in KINDS
    ]


def _data_by_type() -> list[Schema]:
    return [
        {"properties": {"type": {"const": str(name)}, "data": reference(kind.data)}}
        for name, kind in EVENT_KINDS.items()
    ]


# What the serializers check beyond single fields.
BETWEEN_FIELDS: dict[type, Schema] = {
    UtilityHintDocument: {"minProperties": 1},
    DeviceKindDocument: {"allOf": _commands_by_type()},
    ConsentDocument: {
        "if": {"properties": {"optedIn": {"const": True}}, "required": ["optedIn"]},
        "then": {"required": list(ON_OPT_IN)},
    },
    LinkSessionDocument: {"oneOf": [{"required": [name]} for name in EITHER]},
    GivenConsentDocument: {"allOf": [{"properties": {"optedIn": {"const": True}}}]},
    EventDocument: {"oneOf": _data_by_type()},
}


def _within(document: Wire) -> Iterator[Wire]:
    yield document
    if issubclass(document, EventDocument):
        for kind in EVENT_KINDS.values():
            yield from _within(kind.data)
    for field in document().fields.values():
        inner = field.child if isinstance(field, ListOf) else field
        if isinstance(inner, WireSerializer):
            yield from _within(READ_APART.get(type(inner), type(inner)))


def _described(document: Wire, name: str, schema: Schema) -> Schema:
    said = _said_of(document, name)
    return {**schema, "description": said} if said else schema


def _said_of(document: Wire, name: str) -> str:
    """In the document itself, or in the one it extends."""
    return next((said for base in document.__mro__ if (said := FIELDS.get(f"{base.__name__}.{name}"))), "")


def _or_null(field: serializers.Field[Any, Any, Any, Any], schema: Schema) -> Schema:
    if not field.allow_null:
        return schema
    enum = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [schema["type"], "null"], **enum}


def _bounds(field: Number | Whole | Digits) -> Schema:
    return _given({"minimum": field.min_value, "maximum": field.max_value})


def _given(limits: Schema) -> Schema:
    return {name: value for name, value in limits.items() if value is not None}
