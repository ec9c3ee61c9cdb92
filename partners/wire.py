"""Fields of the wire, strict: one JSON type each, camelCase names, every fault of a document at once (contract §1)."""

import math
import re
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, NoReturn
from uuid import UUID

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import SkipField, empty

from texture_portal.refusals import Fault

INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
UUID_FORM = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
DIGITS = re.compile(r"\d{1,9}", re.ASCII)
CODES = {"null": "invalid"}  # the framework's own word for it


def _fail(code: str, detail: str) -> NoReturn:
    raise ValidationError(detail, code=code)


class _Strict(serializers.Field[Any, Any, Any, Any]):
    """Checks in `to_internal_value` alone: the framework's coercions and validators would be laxer, and slower."""

    def run_validation(self, data: Any = empty) -> Any:
        is_empty, value = self.validate_empty_values(data)
        return value if is_empty else self.to_internal_value(value)


class Text(_Strict, serializers.CharField):
    """A string as it came, neither blank nor with U+0000; 255 characters unless told."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": 255, "trim_whitespace": False, **options})

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            _fail("invalid", "Must be a string.")
        if "\x00" in data:
            _fail("invalid", "Must not hold U+0000.")
        if not data.strip() and not self.allow_blank:
            _fail("invalid", "Must not be blank.")
        if self.max_length is not None and len(data) > self.max_length:
            _fail("invalid", f"Must be at most {self.max_length} characters.")
        return data


class Flag(_Strict, serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            _fail("invalid", "Must be true or false.")
        return data


class Number(_Strict, serializers.FloatField):
    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float) or not _is_finite(data):
            _fail("invalid", "Must be a finite number.")
        _check_bounds(data, self.min_value, self.max_value)
        return data


class Whole(_Strict, serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            _fail("invalid", "Must be a whole number.")
        _check_bounds(data, self.min_value, self.max_value)
        return data


class Digits(_Strict, serializers.IntegerField):
    """A whole number as a query string carries it."""

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, str) or not DIGITS.fullmatch(data):
            _fail("invalid", "Must be a whole number.")
        _check_bounds(int(data), self.min_value, self.max_value)
        return int(data)


class Instant(_Strict, serializers.DateTimeField):
    """RFC 3339 with an offset, as an aware datetime in UTC."""

    def to_internal_value(self, data: Any) -> datetime:
        if not isinstance(data, str) or not INSTANT.fullmatch(data):
            _fail("invalid", "Must be an RFC 3339 timestamp with an offset, such as 2026-05-01T17:03:00Z.")
        try:
            return datetime.fromisoformat(data.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            _fail("invalid", "There is no such time.")


class Day(_Strict, serializers.DateField):
    def to_internal_value(self, data: Any) -> date:
        if not isinstance(data, str) or not DAY.fullmatch(data):
            _fail("invalid", "Must be a date as YYYY-MM-DD.")
        try:
            return date.fromisoformat(data)
        except ValueError:
            _fail("invalid", "There is no such date.")


class Identifier(_Strict, serializers.UUIDField):
    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str) or not UUID_FORM.fullmatch(data):
            _fail("invalid", "Must be a UUID.")
        return UUID(data)


class Choice(_Strict, serializers.ChoiceField):
    """One of its string values; `choices` is an enum's `.choices` or a list of values."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in self.choices:
            _fail("invalid", f"Must be one of {', '.join(map(str, self.choices))}.")
        return data


class ListOf(_Strict, serializers.ListField):
    """`ListOf(child=Text(), min_length=1, max_length=500)`; the child may be a `WireSerializer`."""

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            _fail("invalid", "Must be a list.")
        least = self.min_length if self.min_length is not None else 0
        if len(data) < least or (self.max_length is not None and len(data) > self.max_length):
            _fail("out_of_range", f"Must have {least} to {self.max_length or 'any number of'} items.")
        values: list[Any] = []
        faults: dict[Any, Any] = {}
        for index, item in enumerate(data):
            try:
                values.append(self.child.run_validation(item))
            except ValidationError as fault:
                faults[index] = fault.detail
        if faults:
            raise ValidationError(faults)
        return values


class WireSerializer(serializers.Serializer[Any]):
    """An object of the wire. Fields are declared in snake_case and travel in camelCase; unknown ones are refused."""

    def get_fields(self) -> dict[str, Any]:
        return {camel_case(name): _named(field, name) for name, field in super().get_fields().items()}

    @classmethod
    def read(cls, document: Any, *, context: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        """The fields of a document, and where there are faults their details by field."""
        reader = cls(context=context) if context else _shared(cls)
        try:
            return reader.run_validation(document), None
        except ValidationError as fault:
            return {}, fault.detail

    def run_validation(self, data: Any = empty) -> Any:
        is_empty, value = self.validate_empty_values(data)
        return value if is_empty else self.validate(self.to_internal_value(value))

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            _fail("invalid", "Must be an object.")
        values: dict[str, Any] = {}
        faults: dict[str, Any] = {}
        for name, field in self.fields.items():
            try:
                values[str(field.source)] = field.run_validation(data.get(name, empty))
            except ValidationError as fault:
                faults[name] = fault.detail
            except SkipField:
                continue
        for name in data:
            if name not in self.fields:
                faults[name] = [ErrorDetail("There is no such field here.", code="unknown_field")]
        if faults:
            raise ValidationError(faults)
        return values


def camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def faults_of(details: Any, *, at: str = "") -> list[Fault]:
    """The details of a `ValidationError` as faults, each with its pointer (RFC 6901) below `at`."""
    if isinstance(details, dict):
        return [
            fault for name, inner in details.items() for fault in faults_of(inner, at=f"{at}/{_escaped(str(name))}")
        ]
    return [Fault(at, CODES.get(detail.code, detail.code), str(detail)) for detail in details]


def _named(field: Any, name: str) -> Any:
    if camel_case(name) != name:
        field.source = name
    return field


@cache
def _shared(cls: type[WireSerializer]) -> WireSerializer:
    """One reader of each kind will do: reading changes nothing in it."""
    return cls()


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _is_finite(number: int | float) -> bool:
    return isinstance(number, int) or math.isfinite(number)


def _check_bounds(number: float, least: float | None, most: float | None) -> None:
    if least is not None and number < least:
        _fail("out_of_range", f"Must be at least {least}.")
    if most is not None and number > most:
        _fail("out_of_range", f"Must be at most {most}.")
