"""The demo as a user runs it: a process of its own, on a database of its own in the tests' cluster."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from tests.databases import url_of_database
from tests.ports import free_port
from tests.waiting import PATIENCE

STAYS = "Ctrl-C stops it."
READY_SECONDS = 900  # with an event in it, on a slow machine


@dataclass
class Demo:
    """`environment` runs further commands against the same portal."""

    url: str
    home: Path
    database_url: str
    environment: dict[str, str] = field(repr=False)
    process: "subprocess.Popen[str]"
    lines: list[str] = field(repr=False)

    @property
    def printed(self) -> str:
        return "".join(self.lines)

    @property
    def credentials(self) -> Path:
        return self.home / "demo-credentials.json"

    def run(self, *command: str | int | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, *map(str, command)],
            cwd=settings.BASE_DIR,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=READY_SECONDS,
            check=False,
        )

    def interrupt(self) -> int:
        """As Ctrl-C does; the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)


def _connect(database_url: str) -> "psycopg.Connection[Any]":
    return psycopg.connect(database_url, autocommit=True)


@pytest.fixture(scope="session")
def demo_database() -> Iterator[str]:
    name = f"journeys_{os.getpid()}"
    with _connect(settings.DATABASE_URL) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield url_of_database(name)
    with _connect(settings.DATABASE_URL) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def demo(demo_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Run to the point where it leaves the portal up."""
    home, port = tmp_path_factory.mktemp("home"), free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("ONCE", "GRID")},
        "DATABASE_URL": demo_database,
        "DJANGO_SETTINGS_MODULE": "texture_portal.settings",
        "PORTAL_HOME": str(home),
        "PORT": str(port),
        "FLEET": "24",
        "EVENT_SECONDS": "40",  # for a slow machine to have everybody told and done in it
    }
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo"],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    demo = Demo(f"http://127.0.0.1:{port}", home, demo_database, environment, process, [])
    reader = threading.Thread(target=lambda: demo.lines.extend(process.stdout))
    reader.start()
    try:
        _await_stay(demo)
        yield demo
    finally:
        if process.poll() is None:
            demo.interrupt()
        reader.join()
        process.stdout.close()


def _await_stay(demo: Demo) -> None:
    patience = time.monotonic() + READY_SECONDS
    while STAYS not in demo.printed:
        assert demo.process.poll() is None, f"the demo ended: {demo.printed}"
        assert time.monotonic() < patience, f"the demo takes too long: {demo.printed}"
        time.sleep(0.1)
