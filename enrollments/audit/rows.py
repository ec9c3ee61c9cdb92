"""Rows as tuples, their columns already in the form that digests are taken over: no model instances, no conversions.

A million rows as instances would take minutes. PostgreSQL writes the columns, Python computes the digests: what is to
be proved is not left to the database that is under suspicion.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import BinaryField, DateTimeField, Field, Model, UUIDField

BATCH = 5000
INSTANT = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"+00:00\"')"
_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode

Row = tuple[Any, ...]
Group = tuple[Any, Iterator[Any]]


@dataclass(frozen=True, slots=True)
class Span:
    """The enrollments from `first` to `last`, by their ids, both included."""

    first: UUID
    last: UUID

    @property
    def ends(self) -> list[str]:
        return [str(self.first), str(self.last)]


EVERYTHING = Span(UUID(int=0), UUID(int=2**128 - 1))


def in_written_form(field: "Field[Any, Any]", *, of: str = "") -> str:
    """The column as SQL that gives it as `texture_portal.fingerprints` writes it."""
    column = f'{of}"{field.column}"'
    if isinstance(field, UUIDField) or isinstance(getattr(field, "target_field", None), UUIDField):
        return f"{column}::text"
    if isinstance(field, DateTimeField):
        return INSTANT.format(column)
    if isinstance(field, BinaryField):
        return f"encode({column}, 'hex')"
    return column


@cache
def columns_of(model: type[Model]) -> dict[str, "Field[Any, Any]"]:
    return {str(field.attname): field for field in model._meta.concrete_fields}


def digest_of(names: Iterable[str], values: Iterable[Any]) -> str:
    """`names` are sorted; in hex."""
    columns = {name: value for name, value in zip(names, values, strict=True) if value is not None}
    return hashlib.sha256(_encode(columns).encode()).hexdigest()


def rows(statement: str, parameters: list[Any]) -> Iterator[Row]:
    """By a cursor on the server, so that neither side holds them all."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, parameters)
        while batch := cursor.fetchmany(BATCH):
            yield from batch


def by_first(sorted_rows: Iterable[Row]) -> Iterator[Group]:
    return groupby(sorted_rows, key=itemgetter(0))


def side_by_side(*streams: Iterator[Group]) -> Iterator[tuple[Any, list[Iterator[Any]]]]:
    """What each stream has for each key, all in the order of their keys; nothing where it has none."""
    heads = [next(stream, None) for stream in streams]
    while present := [head[0] for head in heads if head is not None]:
        key = min(present)
        mine: list[Iterator[Any]] = [head[1] if head is not None and head[0] == key else iter(()) for head in heads]
        yield key, mine
        for place, head in enumerate(heads):
            if head is not None and head[0] == key:
                heads[place] = next(streams[place], None)
