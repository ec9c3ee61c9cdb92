"""PostgreSQL's own programs, of a version that fits the server: its own where it is installed, else a newer one."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.db import connection
from psycopg.pq import Conninfo

from texture_portal import cluster

DEBIAN = Path("/usr/lib/postgresql")
SAID_LINES = 15


class ProgramFailedError(Exception):
    """With the end of what it said; PostgreSQL's programs name objects there, and no values of rows."""


def run(program: str, *arguments: str) -> str:
    """What it printed. It finds the database as the portal does, and its password on no command line."""
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs
        [str(_fitting(program)), *arguments],
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = "\n".join(done.stderr.splitlines()[-SAID_LINES:])
        raise ProgramFailedError(f"{program} ended with status {done.returncode}:\n{said}")
    return done.stdout


def _environment() -> dict[str, str]:
    given = connection.get_connection_params()
    known = {each.keyword.decode(): each.envvar for each in Conninfo.get_defaults() if each.envvar}
    own = {
        known[name].decode(): str(value)
        for name, value in given.items()
        if name in known and name != "options" and value not in (None, "")
    }
    return {**{name: value for name, value in os.environ.items() if not name.startswith("PG")}, **own}


def _fitting(program: str) -> Path:
    """Raises `ProgramFailedError` where none fits: an older one than the server refuses to read it."""
    wanted = _major_of_the_server()
    found = {_major(path): path for path in reversed([*_candidates(program)])}
    fitting = sorted(major for major in found if major >= wanted)
    if not fitting:
        raise ProgramFailedError(
            f"There is no {program} for PostgreSQL {wanted} here. Remedy: install the client programs of that version "
            f"(on Debian and Ubuntu: apt-get install postgresql-client-{wanted})."
        )
    return found[fitting[0]]


def _candidates(program: str) -> Iterator[Path]:
    if on_path := shutil.which(program):
        yield Path(on_path)
    yield from DEBIAN.glob(f"*/bin/{program}")
    yield cluster.program_of_the_wheel(program)


def _major_of_the_server() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
        [major] = cursor.fetchone()
        return int(major)


@cache
def _major(path: Path) -> int:
    try:
        said = subprocess.run([str(path), "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return 0
    number = re.search(r"\s(\d+)", said)
    return int(number[1]) if number else 0
