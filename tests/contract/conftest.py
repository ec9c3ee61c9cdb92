"""The portal served over real HTTP on loopback, set up through its documented commands only.

One server for the folder: the tests share a grid and tell their objects apart by partner and device, so nothing has to
be flushed between them. What they left is flushed at the end, with the append-only triggers off for that session.
"""

import io
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer, get_internal_wsgi_application
from django.db import connection
from django.test.testcases import QuietWSGIRequestHandler

from . import grid
from .client import Client, close_connections

_names = itertools.count(1)


def run(command: str, *arguments: str) -> dict[str, Any]:
    """What a documented command printed, which is JSON."""
    printed = io.StringIO()
    call_command(command, *arguments, stdout=printed)
    return dict(json.loads(printed.getvalue()))


class _Server(ThreadedWSGIServer):
    daemon_threads = False  # so that closing waits for them, and with them for their database connections

    def get_request(self) -> Any:
        connected, address = super().get_request()
        connected.settimeout(60)
        return connected, address


def _import_grid(folder: Any) -> dict[str, str]:
    files = grid.write_files(folder)
    call_command("import_utilities", str(files["utilities.json"]), stdout=io.StringIO())
    call_command("import_territories", str(files["territories.geojsonl"]), stdout=io.StringIO())
    call_command("import_territories", str(files["ccas.geojsonl"]), "--cca", stdout=io.StringIO())
    call_command("import_zip_table", str(files["zips.csv"]), stdout=io.StringIO())
    return {name: create_program(name, **options) for name, options in grid.PROGRAMS.items()}


def create_program(name: str, *, verified_account: bool = False, **options: str) -> str:
    said = [word for option, value in options.items() for word in (f"--{option}", value)]
    wants = ["--verified-account"] if verified_account else []
    return str(run("create_program", name, "--device-type", "battery", *said, *wants)["programId"])


def _flush() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        call_command("flush", interactive=False, verbosity=0)
        cursor.execute("SET session_replication_role = DEFAULT")


@pytest.fixture(scope="package")
def program_ids(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[dict[str, str]]:
    """The grid, imported; program ids by name."""
    with django_db_blocker.unblock():
        try:
            yield _import_grid(tmp_path_factory.mktemp("grid"))
        finally:
            _flush()
            connection.close()


@pytest.fixture(scope="package")
def authority(program_ids: dict[str, str]) -> Iterator[str]:
    """Where the portal is served, as `host:port`."""
    server = _Server(("127.0.0.1", 0), QuietWSGIRequestHandler)
    server.set_app(get_internal_wsgi_application())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    close_connections()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="package")
def new_partner(authority: str) -> Callable[..., Client]:
    """A partner onboarded by `create_partner` with these words of its command line."""

    def make(*options: str) -> Client:
        name = f"Partner {next(_names)}"
        printed = run("create_partner", name, "--kind", "oem", *options)
        return Client(authority, {**printed, "name": name})

    return make


@pytest.fixture(scope="package")
def oem(new_partner: Callable[..., Client]) -> Client:
    """A partner that all tests share; those that look at lists take one of their own."""
    return new_partner()


@pytest.fixture(scope="package")
def stranger(new_partner: Callable[..., Client]) -> Client:
    return new_partner()


@pytest.fixture
def lone_oem(new_partner: Callable[..., Client]) -> Client:
    """A partner of this test's own: its lists hold what the test made."""
    return new_partner()
