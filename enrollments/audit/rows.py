"""Rows as tuples, with their columns as the very text that their digest is taken over.

A million rows as model instances would take minutes. PostgreSQL writes the text, as `texture_portal.fingerprints`
would; the digest is taken here, and not left to the database that is under suspicion.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
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


def written_in_sql(columns: Mapping[str, str]) -> str:
    """The written form of an object as SQL; `columns` are SQL for the values, in JSON. What is null is left out."""
    members = ", ".join(f"'\"{name}\":' || {columns[name]}" for name in sorted(columns))
    return f"'{{' || concat_ws(',', {members}) || '}}'"


def value_in_sql(field: "Field[Any, Any]", *, of: str = "") -> str:
    """The column's value in JSON, as SQL."""
    column = f'{of}"{field.column}"'
    if isinstance(field, UUIDField) or isinstance(getattr(field, "target_field", None), UUIDField):
        return f"'\"' || {column}::text || '\"'"
    if isinstance(field, DateTimeField):
        return f"'\"' || {INSTANT.format(column)} || '\"'"
    if isinstance(field, BinaryField):
        return f"'\"' || encode({column}, 'hex') || '\"'"
    return f"to_json({column})::text"


def values_in_sql(model: type[Model], names: Iterable[str], *, of: str = "") -> dict[str, str]:
    fields = columns_of(model)
    return {name: value_in_sql(fields[name], of=of) for name in names}


@cache
def columns_of(model: type[Model]) -> dict[str, "Field[Any, Any]"]:
    return {str(field.attname): field for field in model._meta.concrete_fields}


def digest_of(text: str) -> str:
    """In hex."""
    return hashlib.sha256(text.encode()).hexdigest()


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
