"""Writing many targets by one statement: Django's own bulk update takes ten times as long for the same rows.

The triggers hold which outcomes may become which, whoever writes them.
"""

from collections.abc import Sequence

import orjson
from django.db import connection

from programs.models import DispatchTarget

WRITE = """
UPDATE programs_dispatchtarget target SET {columns}
FROM jsonb_populate_recordset(NULL::programs_dispatchtarget, %s::jsonb) changed WHERE target.id = changed.id
"""


def write(targets: Sequence[DispatchTarget], columns: Sequence[str]) -> None:
    """`columns` of rows that the caller holds."""
    if not targets:
        return
    rows = [{"id": each.pk, **{name: getattr(each, name) for name in columns}} for each in targets]
    statement = WRITE.format(columns=", ".join(f"{name} = changed.{name}" for name in columns))
    with connection.cursor() as cursor:
        cursor.execute(statement, [orjson.dumps(rows).decode()])
