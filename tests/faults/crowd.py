"""Many enrollments from a few: every row around each is copied by SQL under ids derived from it and a number.

The copies are what the portal made, but for their audit chains, which copying breaks.
"""

from django.db import connection
from django.db.models import Field, ForeignKey, Model, UUIDField

from devices.models import Device
from enrollments.models import Consent, Enrollment, ReviewCase
from partners.models import Customer, SignedRequest
from programs.models import Participation
from territories.models import Site

COPIED: list[type[Model]] = [
    Customer, Site, SignedRequest, Device, Enrollment, Consent, Participation, ReviewCase,
    Enrollment.history.model, Consent.history.model, ReviewCase.history.model,
]  # fmt: skip
TOLD_APART = {"reference_id", "address_key", "manufacturer_device_id", "serial_number", "serial_key"}
OLDER_BY_SECONDS = {"created_at", "updated_at", "opened_at", "due_at", "history_date", "granted_at"}


def multiply(times: int) -> None:
    """Adds `times` copies of every enrollment that there is."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # as bulk loads do: no triggers, no key checks
        for model in COPIED:
            cursor.execute(copy_statement(model), {"times": times})
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")  # as the autovacuum would soon


def copy_statement(model: type[Model]) -> str:
    fields = [field for field in model._meta.concrete_fields if field.column != "history_id"]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join(value_of(field) for field in fields)
    table = model._meta.db_table
    return f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table} t, generate_series(1, %(times)s) n"


def value_of(field: Field) -> str:
    column = f't."{field.column}"'
    if points_to_a_copy(field):
        return f"md5({column}::text || n)::uuid"
    if field.name in TOLD_APART:
        return f"{column} || '-' || n"
    return f"{column} - n * interval '1 second'" if field.name in OLDER_BY_SECONDS else column


def points_to_a_copy(field: Field) -> bool:
    if isinstance(field, ForeignKey):
        return field.related_model in COPIED
    return isinstance(field, UUIDField) and (field.primary_key or field.name in ("id", "ledger_id", "request_id"))
