"""The same rows without the portal: what the database alone would take them at."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import connection
from psycopg import sql


@dataclass(slots=True)
class Rows:
    by_table: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(map(len, self.by_table.values()))


@contextmanager
def new_rows() -> Iterator[Rows]:
    """Filled, at the end, with the rows that were written meanwhile; nobody else may write."""
    rows = Rows()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::xid::text::bigint")
        (before,) = cursor.fetchone()
        yield rows
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                sql.SQL("SELECT json_agg(t)::text FROM {} t WHERE t.xmin::text::bigint > %s").format(
                    sql.Identifier(table)
                ),
                [before],
            )
            (found,) = cursor.fetchone()
            if found:
                rows.by_table[table] = json.loads(found)


def rate(rows: Rows, database_url: str, *, connections: int, transactions: int) -> float:
    """Transactions a second that insert these rows into copies without index, key or trigger."""
    with psycopg.connect(database_url, autocommit=True) as admin:
        for table in rows.by_table:
            names = sql.Identifier(f"bare_{table}"), sql.Identifier(table)
            admin.execute(sql.SQL("CREATE TABLE {} (LIKE {})").format(*names))
    began = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        share = transactions // connections
        done = list(pool.map(lambda _: _insert(rows, database_url, transactions=share), range(connections)))
    return sum(done) / (time.perf_counter() - began)


def _insert(rows: Rows, database_url: str, *, transactions: int) -> int:
    statements = [
        (
            sql.SQL("INSERT INTO {0} SELECT * FROM json_populate_recordset(NULL::{0}, %s)").format(
                sql.Identifier(f"bare_{table}")
            ),
            [json.dumps(of_one_table)],
        )
        for table, of_one_table in rows.by_table.items()
    ]
    with psycopg.connect(database_url) as writer:
        for _ in range(transactions):
            for statement, parameters in statements:
                writer.execute(statement, parameters)
            writer.commit()
    return transactions
