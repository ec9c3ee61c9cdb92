"""Writing rows of many tables by one statement: what an enrollment leaves behind costs one round trip, not ten."""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

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
    document = {model._meta.db_table: [_columns(row) for row in of_one] for model, of_one in tables.items()}
    prepared.execute(_statement(tuple(tables)), [json.dumps(document, default=_plain)])
    for of_one in tables.values():
        for row in of_one:
            row._state.adding, row._state.db = False, connection.alias


def _columns(row: Model) -> dict[str, Any]:
    return {str(field.column): field.pre_save(row, add=True) for field in _fields(type(row))}


@cache
def _fields(model: type[Model]) -> tuple["Field[Any, Any]", ...]:
    """All columns but those that the database numbers."""
    return tuple(field for field in model._meta.concrete_fields if not isinstance(field, AutoField))


def _plain(value: Any) -> str:
    """As PostgreSQL reads it from a string."""
    if isinstance(value, date):  # and datetime
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return f"\\x{bytes(value).hex()}"
    raise TypeError(f"{type(value).__name__} has no form here")


@cache
def _statement(models: tuple[type[Model], ...]) -> str:
    """The rows come as one document, so that the statement is short and always the same."""
    inserts = [f"part{number} AS ({_insert(model)})" for number, model in enumerate(models)]
    return f"WITH given AS MATERIALIZED (SELECT %s::jsonb AS rows), {', '.join(inserts)} SELECT 1"


def _insert(model: type[Model]) -> str:
    table = model._meta.db_table
    columns = ", ".join(str(field.column) for field in _fields(model))
    return (
        f"INSERT INTO {table} ({columns}) "  # noqa: S608 - names of our own tables and columns
        f"SELECT {columns} FROM given, jsonb_populate_recordset(NULL::{table}, rows -> '{table}')"
    )
