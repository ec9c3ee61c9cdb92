"""The database: that it is one the portal can use, whole and with its guards in place."""

import os
from collections.abc import Iterator

import pgtrigger.core
import pgtrigger.registry
from django.db import connection

from texture_portal import clock, faults
from texture_portal.doctor.finding import Finding, fault, ok, warning

OLDEST = 14
MOST_APART = 2.0  # seconds between its clock and ours; signatures are allowed 30 ahead (contract §2.2)
LEAST_CONNECTIONS = 100


def look() -> Iterator[Finding]:
    yield _server()
    yield _clock()
    yield _connections()
    yield _migrations()
    yield _triggers()


def _server() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), current_setting('server_encoding'), pg_is_in_recovery()"
        )
        version, encoding, is_standby = cursor.fetchone()
    said = f"PostgreSQL {version}, {encoding}"
    if int(version.split(".")[0]) < OLDEST:
        return fault("database", said, f"the portal needs PostgreSQL {OLDEST} or newer")
    if encoding != "UTF8":
        return fault("database", said, "create it anew with ENCODING 'UTF8' TEMPLATE template0")
    if is_standby:
        return fault("database", f"{said}, a standby that takes no writes", "name the primary in DATABASE_URL")
    return ok("database", said)


def _clock() -> Finding:
    before = clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (theirs,) = cursor.fetchone()
    middle = before + (clock.now() - before) / 2
    apart = abs((theirs - middle).total_seconds())
    said = f"the database's and this machine's are {apart:.2f} s apart"
    return ok("clock", said) if apart <= MOST_APART else fault("clock", said, "let both follow NTP")


def _connections() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('max_connections')::int")
        (most,) = cursor.fetchone()
    web = int(os.environ.get("WEB_WORKERS", 2 * (os.cpu_count() or 1) + 1)) * int(os.environ.get("WEB_THREADS", "2"))
    said = f"{most} at most; the web processes of this machine use up to {web}"
    if most < max(LEAST_CONNECTIONS, 2 * web):
        return warning("connections", said, "raise max_connections, or put a pooler between (PREPARE_STATEMENTS=off)")
    return ok("connections", said)


def _migrations() -> Finding:
    if wrong := faults.migrations_waiting():
        return fault("migrations", f"not applied: {', '.join(wrong)}", "manage.py migrate (serve does it by itself)")
    return ok("migrations", "all are applied")


def _triggers() -> Finding:
    """The guards that raw SQL cannot go around: append-only histories, legal transitions."""
    states = [(f"{model._meta.label}:{trigger.name}", *trigger.get_installation_status(model, database="default"))
              for model, trigger in pgtrigger.registry.registered()]  # fmt: skip
    wrong = [f"{name} ({state.lower()}{'' if enabled else ', off'})" for name, state, enabled in states
             if state != pgtrigger.core.INSTALLED or not enabled]  # fmt: skip
    if wrong:
        return fault("triggers", f"not in force: {', '.join(wrong)}", "manage.py pgtrigger install, then enable")
    return ok("triggers", f"{len(states)} are in force")
