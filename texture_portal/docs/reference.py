"""The OpenAPI document as a list that people read: per call its parameters, fields, examples and refusals."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from texture_portal.docs.markdown import coloured

Schema = dict[str, Any]
PROBLEM = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Field:
    """`name` is the way from the body's root: `device.capabilities.commands`."""

    name: str
    type: str
    required: bool
    about: str

    @property
    def depth(self) -> int:
        return self.name.count(".")

    @property
    def last(self) -> str:
        return self.name.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Answer:
    status: str
    about: str
    fields: list[Field]
    example: SafeString


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    method: str
    path: str
    summary: str
    about: str
    scopes: list[str]
    is_signed: bool
    parameters: list[Field]
    media_types: list[str]
    fields: list[Field]
    sent: SafeString | None
    answers: list[Answer]
    refusals: list[tuple[str, list[str]]]


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    operations: list[Operation]


def groups(document: Schema) -> list[Group]:
    operations = [
        (operation["tags"][0], _operation(document, method, path, operation))
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    names = [tag["name"] for tag in document["tags"]]
    return [Group(name, [shown for tag, shown in operations if tag == name]) for name in names]


def _operation(document: Schema, method: str, path: str, operation: Schema) -> Operation:
    security = operation["security"][0] if operation["security"] else {}
    content = operation.get("requestBody", {}).get("content", {})
    body = next(iter(content.values()), None)
    return Operation(
        name=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        about=operation.get("description", ""),
        scopes=security.get("oauth2", []),
        is_signed="httpSignature" in security,
        parameters=[_parameter(_resolved(document, each)) for each in operation.get("parameters", [])],
        media_types=list(content),
        fields=list(_fields(document, body["schema"])) if body else [],
        sent=_json(body["example"]) if body else None,
        answers=list(_answers(document, operation)),
        refusals=[
            (status, list(response["content"][PROBLEM]["examples"]))
            for status, response in operation["responses"].items()
            if PROBLEM in response["content"]
        ],
    )


def _answers(document: Schema, operation: Schema) -> Iterator[Answer]:
    for status, response in operation["responses"].items():
        if (content := response["content"].get("application/json")) is not None:
            fields = list(_fields(document, content["schema"]))
            yield Answer(status, response["description"], fields, _json(content["example"]))


def _parameter(parameter: Schema) -> Field:
    name = parameter["name"]
    about = parameter.get("description", "")
    return Field(
        name.replace(".", " "), f"{parameter['in']}, {_type(parameter['schema'])}", parameter["required"], about
    )


def _fields(document: Schema, schema: Schema, *, before: str = "") -> Iterator[Field]:
    """Every member, those of inner objects after the object."""
    schema = _object_within(document, schema)
    required = schema.get("required", [])
    for name, inner in schema.get("properties", {}).items():
        said = _resolved(document, inner)
        yield Field(f"{before}{name}", _type(said), name in required, inner.get("description", ""))
        if not _is_seen_elsewhere(inner):
            yield from _fields(document, inner, before=f"{before}{name}.")


def _object_within(document: Schema, schema: Schema) -> Schema:
    """The object that a schema is, holds a list of, or is null instead of."""
    schema = _resolved(document, schema)
    if "oneOf" in schema:
        told = [one.get("properties", {}) for one in (*schema["oneOf"], schema)]
        return {**schema, "properties": {name: each for one in told for name, each in one.items()}}
    if schema.get("type") == "array":
        return _object_within(document, schema["items"])
    return schema


def _is_seen_elsewhere(schema: Schema) -> bool:
    """An enrollment or a problem within another answer is not told again."""
    text = json.dumps(schema)
    return any(f'schemas/{name}"' in text for name in ("Enrollment", "Problem", "EnrollmentDocument"))


def _resolved(document: Schema, schema: Schema) -> Schema:
    if "anyOf" in schema and "type" not in schema:
        inner = next(each for each in schema["anyOf"] if each.get("type") != "null")
        return {**_resolved(document, inner), "nullable": True}
    if "$ref" not in schema:
        return schema
    place: Any = document
    for name in schema["$ref"].removeprefix("#/").split("/"):
        place = place[name]
    return _resolved(document, place)


def _type(schema: Schema) -> str:
    types = schema.get("type", "")
    names: list[str] = types if isinstance(types, list) else [types] if types else []
    if schema.get("nullable"):
        names = [*names, "null"]
    if "enum" in schema:
        return _choices([str(value) for value in schema["enum"] if value is not None], "null" in names)
    if "const" in schema:
        return json.dumps(schema["const"])
    shown = " or ".join([_named(name, schema) for name in names])
    return ", ".join(filter(None, [shown, _limits(schema)])) or "anything"


def _named(name: str, schema: Schema) -> str:
    if name == "array":
        items = schema["items"]
        return "list of objects" if "$ref" in items else f"list of {_type(items)}"
    return str(schema.get("format", name)) if name == "string" else name


def _choices(values: list[str], or_null: bool) -> str:
    shown = " | ".join(values if len(values) <= 12 else [*values[:4], f"… ({len(values)} in all)"])
    return f"{shown} | null" if or_null else shown


def _limits(schema: Schema) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if most is not None and most < 1e9:
        return f"{least}…{most}"
    if "maxItems" in schema:
        return f"{schema.get('minItems', 0)}…{schema['maxItems']} items"
    if "maxLength" in schema:
        return f"{schema.get('minLength', 0)}…{schema['maxLength']} characters"
    return ""


def _json(example: Any) -> SafeString:
    return coloured(json.dumps(example, indent=2, ensure_ascii=False), "json")
