"""Many enrollments from a few: every row around each is copied by SQL under ids derived from it and a number.

The copies are what the portal made, but for their audit chains, which copying breaks.
"""

from typing import Any

from django.db import connection
from django.db.models import AutoField, Field, ForeignKey, Model, UUIDField

from devices.models import Device
from enrollments.models import Consent, Enrollment, ReviewCase
from partners.models import Customer, IdempotencyRecord, SignedRequest
from programs.models import Participation
from territories.models import Site

COPIED: list[type[Model]] = [
    Customer, Site, SignedRequest, Device, Enrollment, Consent, Participation, ReviewCase, IdempotencyRecord,
    Enrollment.history.model, Consent.history.model, ReviewCase.history.model,
]  # fmt: skip
TOLD_APART = {"reference_id", "address_key", "manufacturer_device_id", "serial_number", "serial_key", "key"}
OLDER_BY_SECONDS = {"created_at", "updated_at", "opened_at", "due_at", "history_date", "granted_at"}


def multiply(times: int) -> None:
    """Adds `times` copies of every enrollment that there is. Numbers are none that an earlier call gave."""
    numbers = {"first": (first := Customer.objects.count() + 1), "last": first + times - 1}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # as bulk loads do: no triggers, no key checks
        for model in COPIED:
            cursor.execute(copy_statement(model), numbers)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")  # as the autovacuum would soon


def copy_statement(model: type[Model]) -> str:
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, AutoField)]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join(value_of(field) for field in fields)
    table = model._meta.db_table
    selected = f"SELECT {values} FROM {table} t, generate_series(%(first)s, %(last)s) n"  # noqa: S608 - names of our own
    return f"INSERT INTO {table} ({columns}) {selected}"


def value_of(field: "Field[Any, Any]") -> str:
    column = f't."{field.column}"'
    if points_to_a_copy(field):
        return f"md5({column}::text || n)::uuid"
    if field.name in TOLD_APART:
        return f"{column} || '-' || n"
    return f"{column} - n * interval '1 second'" if field.name in OLDER_BY_SECONDS else column


def points_to_a_copy(field: "Field[Any, Any]") -> bool:
    if isinstance(field, ForeignKey):
        return field.related_model in COPIED
    return isinstance(field, UUIDField) and (field.primary_key or field.name in ("id", "ledger_id", "request_id"))
