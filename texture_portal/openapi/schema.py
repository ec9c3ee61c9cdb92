"""The words in which shapes are written: JSON Schema, shorter."""

from collections.abc import Iterable
from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
UUID: Schema = {"type": "string", "format": "uuid"}
INSTANT: Schema = {"type": "string", "format": "date-time"}


def one_of(values: Iterable[Any]) -> Schema:
    return {"type": "string", "enum": [str(value) for value in values]}


def shape(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def nullable(schema: Schema) -> Schema:
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    enum = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [schema["type"], "null"], **enum}


def listed(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def whole(**properties: Schema) -> Schema:
    """An object with all of these members."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def said(text: str, schema: Schema) -> Schema:
    return {**schema, "description": text}
