"""Writing rows of many tables by one statement: what an enrollment leaves behind costs one round trip, not ten."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache, partial
from operator import attrgetter
from typing import Any

import orjson
from django.db import connection
from django.db.models import AutoField, Field, Model

from texture_portal import prepared


def insert(rows: Iterable[Model]) -> None:
    """Inserts new rows. Their order does not matter: foreign keys are checked when the transaction commits.

    Signals are not sent and `save()` is not called: for models whose rules do not hang on either. A number that the
    database gives to a row is not read back.
    """
    tables: dict[type[Model], list[Model]] = defaultdict(list)
    for row in rows:
        tables[type(row)].append(row)
    if not tables:
        return
    documents = [orjson.dumps([_columns(row) for row in of_one], default=_plain).decode() for of_one in tables.values()]
    prepared.execute(_statement(tuple(tables)), documents)
    alias = connection.alias
    for of_one in tables.values():
        for row in of_one:
            row._state.adding, row._state.db = False, alias


def _columns(row: Model) -> dict[str, Any]:
    return {column: value_of(row) for column, value_of in _readers(type(row))}


@cache
def _readers(model: type[Model]) -> list[tuple[str, Callable[[Model], Any]]]:
    """How each column's value is read: most fields have nothing to say to it before it is saved."""
    return [
        (
            str(field.column),
            attrgetter(field.attname) if type(field).pre_save is Field.pre_save else partial(field.pre_save, add=True),
        )
        for field in _fields(model)
    ]


@cache
def _fields(model: type[Model]) -> tuple["Field[Any, Any]", ...]:
    """All columns but those that the database numbers."""
    return tuple(field for field in model._meta.concrete_fields if not isinstance(field, AutoField))


def _plain(value: Any) -> str:
    """Bytes, as PostgreSQL reads them from a string; times and UUIDs go as they are."""
    if isinstance(value, bytes | memoryview):
        return f"\\x{bytes(value).hex()}"
    raise TypeError(f"{type(value).__name__} has no form here")


@cache
def _statement(models: tuple[type[Model], ...]) -> str:
    """The rows of a table come as one document, so that the statement is short and the same for any number of them."""
    inserts = [f"part{number} AS ({_insert(model)})" for number, model in enumerate(models)]
    return f"WITH {', '.join(inserts)} SELECT 1"


def _insert(model: type[Model]) -> str:
    table = model._meta.db_table
    columns = ", ".join(str(field.column) for field in _fields(model))
    return (
        f"INSERT INTO {table} ({columns}) "  # noqa: S608 - names of our own tables and columns
        f"SELECT {columns} FROM json_populate_recordset(NULL::{table}, %s::json)"
    )
