"""Statements that run on every request: their values go beside them, and PostgreSQL plans each once a connection.

What the ORM spends on building and reading such a query is more than the database spends on answering it.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from django.db.backends.utils import CursorWrapper
from django.db.models import Model

Row = tuple[Any, ...]
Parameters = Sequence[Any] | Mapping[str, Any]
M = TypeVar("M", bound=Model)


def execute(statement: str, parameters: Parameters) -> None:
    """For what it does, whatever it answers."""
    with _cursor() as cursor:
        cursor.execute(statement, parameters)


def rows(statement: str, parameters: Parameters) -> list[Row]:
    with _cursor() as cursor:
        cursor.execute(statement, parameters)
        found: list[Row] = cursor.fetchall()
        return found


def first_rows(statement: str, parameters: Parameters) -> list[Row]:
    """A request's first: the connection may have gone stale since the last one, and is then made anew, once.

    That it answers is also what `CONN_HEALTH_CHECKS` would ask the database by a statement of its own.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.in_atomic_block or connection.connection is None:
        return rows(statement, parameters)
    connection.health_check_done = True  # type: ignore[attr-defined]
    try:
        return rows(statement, parameters)
    except (OperationalError, InterfaceError):
        if connection.is_usable():
            raise
        connection.close()
        return rows(statement, parameters)


def columns_of(model: type[Model], alias: str) -> str:
    """For a SELECT list that `instance` reads: all columns of the model, in its own order."""
    return ", ".join(f"{alias}.{field.column}" for field in model._meta.concrete_fields)


def width_of(model: type[Model]) -> int:
    return len(_attributes(model))


def instance(model: type[M], values: Sequence[Any]) -> M:
    """A row of `columns_of(model)` as the ORM would have made it."""
    return model.from_db(DEFAULT_DB_ALIAS, _attributes(model), _converted(model, values))


def _cursor() -> CursorWrapper:
    """One that binds on the server, with Django's kinds of errors. Logged statements are whole."""
    connection = connections[DEFAULT_DB_ALIAS]  # looked up once: the proxy looks it up at every use
    if connection.queries_logged:
        return connection.cursor()
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    connection.validate_thread_sharing()
    with connection.wrap_database_errors:
        return connection.make_cursor(psycopg.Cursor(connection.connection))  # type: ignore[arg-type]


def _converted(model: type[Model], values: Sequence[Any]) -> Sequence[Any]:
    converters = _converters(model)
    if not converters:
        return values
    made = list(values)
    for place, convert in converters:
        made[place] = convert(made[place], None, connections[DEFAULT_DB_ALIAS])
    return made


@cache
def _attributes(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


@cache
def _converters(model: type[Model]) -> list[tuple[int, Any]]:
    return [
        (place, convert)
        for place, field in enumerate(model._meta.concrete_fields)
        for convert in field.get_db_converters(connections[DEFAULT_DB_ALIAS])
    ]
