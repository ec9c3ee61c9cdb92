"""The database of a first run and of the tests: PostgreSQL from a wheel, its cluster under PORTAL_HOME.

In production `DATABASE_URL` names a PostgreSQL (14 or newer) and nothing here runs.

Every process that uses the server holds a shared lock, which the system takes from it however it ends; the
last one to end in peace stops the server. A server that was left running is found by whoever comes next.
"""

import atexit
import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

import psycopg
from django.core.exceptions import ImproperlyConfigured

from texture_portal.cluster import PORT, Cluster

DATABASE = "portal"


def start_embedded(home: Path) -> str:
    """Starts the server under `home` unless it runs already, and returns the URL of the portal's database."""
    cluster = Cluster(home)
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _opened(home / "postgres.starting") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            folder = _enter(cluster)
            _ensure_database(_url(folder, "postgres"))
    except (OSError, LookupError, psycopg.Error) as fault:
        raise ImproperlyConfigured(_explain(cluster, fault)) from fault
    return _url(folder, DATABASE)


def _enter(cluster: Cluster) -> Path:
    """Counts this process among the server's users, and starts it where it does not run; its socket's folder."""
    in_use = _opened(cluster.home / "postgres.in-use")
    try:
        fcntl.flock(in_use, fcntl.LOCK_SH)
        folder = cluster.ensure_running()
    except BaseException:
        in_use.close()
        raise
    atexit.register(_leave, cluster, in_use, os.getpid())
    return folder


def _leave(cluster: Cluster, in_use: BinaryIO, process: int) -> None:
    if os.getpid() != process:  # a fork of the one that came in
        return
    fcntl.flock(in_use, fcntl.LOCK_UN)
    with suppress(BlockingIOError):  # another process uses the server; the last one stops it
        fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
        cluster.stop()
    in_use.close()


def _opened(file: Path) -> BinaryIO:
    """A file to lock. Reading is enough for that, whoever made it."""
    return open(file, "rb", opener=lambda path, flags: os.open(path, flags | os.O_CREAT, 0o644))


def _url(socket_folder: Path, database: str) -> str:
    return f"postgresql://postgres@/{database}?host={quote(str(socket_folder), safe='')}&port={PORT}"


def _ensure_database(admin_url: str) -> None:
    with psycopg.connect(admin_url, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")


def _explain(cluster: Cluster, fault: Exception) -> str:
    said = f"The end of its log, {cluster.log}:\n{tail}\n" if (tail := _tail(cluster)) else ""
    return (
        f"The embedded PostgreSQL under {cluster.home} could not start: {fault}\n{said}"
        "Remedy: set PORTAL_HOME to a folder that you may write and that has room (PORTAL_HOME=/tmp/portal, for "
        "example), mend what the log says, or set DATABASE_URL to a PostgreSQL server of your own."
    )


def _tail(cluster: Cluster) -> str:
    try:
        return cluster.log_tail()
    except OSError:
        return ""
