"""The OpenAPI document as a judge of requests and answers, by jsonschema's Draft 2020-12."""

import copy
import datetime
import json
import re
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

FORMATS = FormatChecker(("uuid", "date", "ipv4", "ipv6"))
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


@FORMATS.checks("date-time", raises=ValueError)
def _is_instant(value: object) -> bool:
    if isinstance(value, str):
        datetime.datetime.fromisoformat(value.upper()).astimezone(datetime.UTC)
        return bool(INSTANT.fullmatch(value))
    return True


@dataclass
class Document:
    """`whole` as served; `closed` with answers' objects closed, so that a member too many is found."""

    whole: dict[str, Any]
    closed: dict[str, Any]

    @classmethod
    def read(cls, served: bytes) -> "Document":
        whole = json.loads(served)
        closed = copy.deepcopy(whole)
        for schema in closed["components"]["schemas"].values():
            _close(schema)
        return cls(whole, closed)

    def operations(self) -> dict[tuple[str, str], dict[str, Any]]:
        return {
            (method.upper(), path): operation
            for path, item in self.whole["paths"].items()
            for method, operation in item.items()
        }

    def operation(self, method: str, path: str) -> tuple[str, str]:
        """The one that serves this path: exact ones before those with parameters."""
        fitting = [
            (known, template)
            for known, template in self.operations()
            if known == method and re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)), path)
        ]
        assert fitting, f"{method} {path} is not in the document"
        return min(fitting, key=lambda pair: "{" in pair[1])

    def check_answer(self, method: str, path: str, status: int, content_type: str, body: Any) -> tuple[str, str]:
        """Raises AssertionError unless the document foretells exactly this; the operation that it is of."""
        label = self.operation(method, path)
        responses = self.operations()[label]["responses"]
        assert str(status) in responses, f"{label} does not foretell {status}: {body}"
        content = responses[str(status)]["content"]
        assert content_type in content, f"{label} {status} does not foretell {content_type}"
        self.check(content[content_type]["schema"], body)
        return label

    def check(self, schema: dict[str, Any], value: Any) -> None:
        faults = self.faults(schema, value)
        assert not faults, "\n".join(faults)

    def faults(self, schema: dict[str, Any], value: Any) -> list[str]:
        rooted = {**schema, "components": self.closed["components"]}
        return [fault.message for fault in Draft202012Validator(rooted, format_checker=FORMATS).iter_errors(value)]

    def request_schema(self, method: str, path: str) -> dict[str, Any]:
        content = self.operations()[(method, path)]["requestBody"]["content"]
        return dict(next(iter(content.values()))["schema"])


def _close(schema: Any) -> None:
    if isinstance(schema, list):
        for each in schema:
            _close(each)
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object" and "properties" in schema:
        schema.setdefault("additionalProperties", False)
    for value in schema.values():
        _close(value)
