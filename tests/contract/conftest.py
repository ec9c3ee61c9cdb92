"""The portal served over real HTTP on loopback, set up through its documented commands only.

One server and one database for the folder, dropped at its end: the tests share a grid and tell their objects apart by
partner and device, so nothing has to be emptied between them.
"""

import io
import itertools
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer, get_internal_wsgi_application
from django.test.testcases import QuietWSGIRequestHandler

from tests.databases import database_of_its_own

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

    request_queue_size = 128  # the tests knock fifty at once

    def get_request(self) -> Any:
        connected, address = super().get_request()
        connected.settimeout(120)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or each answer waits 40 ms for an ACK
        return connected, address


def _import_grid(folder: Path) -> dict[str, str]:
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


@pytest.fixture(scope="package")
def database(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A database of this folder's own, beside the one that pytest-django makes."""
    with django_db_blocker.unblock(), database_of_its_own("contract"):
        yield


@pytest.fixture(scope="package")
def program_ids(database: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The grid, imported; program ids by name."""
    return _import_grid(tmp_path_factory.mktemp("grid"))


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
