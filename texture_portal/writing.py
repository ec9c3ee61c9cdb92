"""Writing rows of many tables by one statement: what an enrollment leaves behind costs one round trip, not nine."""

from collections.abc import Iterable
from functools import cache
from itertools import groupby
from typing import Any

from django.db import connection
from django.db.models import AutoField, Field, Model


def insert(rows: Iterable[Model]) -> None:
    """Inserts new rows. Their order does not matter: foreign keys are checked when the transaction commits.

    Signals are not sent and `save()` is not called: for models whose rules do not hang on either.
    """
    tables = {model: list(of_one) for model, of_one in groupby(sorted(rows, key=_table_name), key=type)}
    if not tables:
        return
    statement = _statement(tuple((model, len(of_one)) for model, of_one in tables.items()))
    values = [
        field.get_db_prep_save(field.pre_save(row, add=True), connection)
        for model, of_one in tables.items()
        for row in of_one
        for field in _fields(model)
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
    for of_one in tables.values():
        for row in of_one:
            row._state.adding, row._state.db = False, connection.alias


def _table_name(row: Model) -> str:
    return row._meta.db_table


@cache
def _statement(tables: tuple[tuple[type[Model], int], ...]) -> str:
    inserts = [f"part{number} AS ({_insert(*table)})" for number, table in enumerate(tables)]
    return f"WITH {', '.join(inserts)} SELECT 1"


def _insert(model: type[Model], count: int) -> str:
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in _fields(model))
    row = f"({', '.join(map(_placeholder, _fields(model)))})"
    values = ", ".join([row] * count)
    return f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES {values}"  # noqa: S608 - names of our tables


@cache
def _fields(model: type[Model]) -> tuple["Field[Any, Any]", ...]:
    """All columns but those that the database numbers by itself."""
    return tuple(field for field in model._meta.concrete_fields if not isinstance(field, AutoField))


def _placeholder(field: "Field[Any, Any]") -> str:
    """Arrays name their type, since an empty one has none."""
    return f"%s::{field.db_type(connection)}" if hasattr(field, "base_field") else "%s"
