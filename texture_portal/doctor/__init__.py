"""`manage.py doctor`: whether this machine, its settings, the database, the keys and the work are as they should be."""

from collections.abc import Iterator

from django.db import DatabaseError, connection

from texture_portal.doctor import contents, database, keys, machine, neighbours, secrets, work
from texture_portal.doctor.finding import Finding, Look, fault

WITHOUT_A_DATABASE: tuple[Look, ...] = (machine.look, secrets.look, neighbours.look)
WITH_ONE: tuple[Look, ...] = (database.look, keys.look, work.look, contents.look)


def examine() -> Iterator[Finding]:
    for look in WITHOUT_A_DATABASE:
        yield from look()
    try:
        for look in WITH_ONE:
            yield from look()
    except DatabaseError as failure:
        connection.close()
        said = f"cannot be read ({type(failure).__name__}): what follows was not looked at"
        yield fault("database", said, "see DATABASE_URL, whether the server runs, and whether it is migrated")
