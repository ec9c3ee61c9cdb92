"""A call of a document as a request: names put in, the page asked for. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from devices.connectors.pull.documents import Call
from devices.connectors.pull.meaning import NAME

Names = Mapping[str, Any]
Place = str | int | None


class UnknownNameError(LookupError):
    """What the call needs was not in the answer that it should have been kept from."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`target` is the path with its query; or, of a next link, perhaps a whole address."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def ask(call: Call, names: Names, *, place: Place = None) -> Asked:
    """`place` is where the page begins (`paging`). Raises `UnknownNameError`."""
    if call.pages and call.pages.by == "link" and isinstance(place, str):
        return Asked("GET", place, dict(call.headers))
    query, form, document = dict(call.query), call.form, call.json
    if call.pages and place is not None:
        match call.pages.where:
            case "form":
                form = {**(form or {}), call.pages.send: place}
            case "json":
                document = {**(document or {}), call.pages.send: place}
            case _:
                query[call.pages.send] = place
    path = NAME.sub(lambda found: quote(_text(_name(found[1], names)), safe=""), call.path)
    asked = urlencode({name: _text(filled(value, names)) for name, value in query.items()})
    target = f"{path}{'&' if '?' in path else '?'}{asked}" if asked else path
    kind, body = _body(form, document, names)
    headers = {"Accept": "application/json", **({"Content-Type": kind} if kind else {}), **call.headers}
    return Asked(call.method, target, headers, body)


def filled(template: Any, names: Names) -> Any:
    """With names put in; a text that is nothing but a name becomes its value as it is."""
    if isinstance(template, str):
        if whole := NAME.fullmatch(template):
            return _name(whole[1], names)
        return NAME.sub(lambda found: _text(_name(found[1], names)), template)
    if isinstance(template, dict):
        return {name: filled(value, names) for name, value in template.items()}
    return [filled(each, names) for each in template] if isinstance(template, list) else template


def _body(form: Mapping[str, Any] | None, document: Any, names: Names) -> tuple[str, bytes]:
    if form is not None:
        told = {name: _text(filled(value, names)) for name, value in form.items()}
        return "application/x-www-form-urlencoded", urlencode(told).encode()
    if document is not None:
        return "application/json", json.dumps(filled(document, names)).encode()
    return "", b""


def _name(name: str, names: Names) -> Any:
    if name not in names:
        raise UnknownNameError(name)
    return names[name]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
