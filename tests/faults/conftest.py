"""The contract tests' made-up grid, a partner with its client, and the portal's own processes to be killed."""

import contextlib
import io
import json
import os
import subprocess
import sys
import threading
import urllib.request
import uuid
from collections.abc import Callable, Iterator

import psutil
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections

from partners.models import Partner
from tests.census import FOUND, census_peer
from tests.contract import grid
from tests.contract.client import Client, close_connections
from tests.databases import url_of_database
from tests.ports import free_port
from tests.waiting import PATIENCE, wait_for
from texture_portal.bench.posting import raise_limits


def printed(command: str, *arguments: str) -> dict:
    said = io.StringIO()
    call_command(command, *arguments, stdout=said)
    return json.loads(said.getvalue())


@pytest.fixture
def grid_in_force(transactional_db, tmp_path):
    files = grid.write_files(tmp_path)
    for command, file in (("import_utilities", "utilities.json"), ("import_territories", "territories.geojsonl")):
        call_command(command, str(files[file]), stdout=io.StringIO())


@pytest.fixture
def program_id(grid_in_force) -> str:
    made = printed(
        "create_program", "Peak Saver", "--owner", "90001", "--type", "demand_response", "--device-type", "battery"
    )
    return made["programId"]


@pytest.fixture
def peer():
    """A Census geocoder that finds every address within Golden Bay Power's territory."""
    with census_peer() as peer:
        peer.answers = [(200, FOUND, 0)]
        yield peer


class Portal:
    """`manage.py serve` and everything that it keeps running."""

    def __init__(self, **variables: str) -> None:
        self.port = free_port()
        database = url_of_database(connection.settings_dict["NAME"])
        self.supervisor = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(self.port)],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": database, "HEARTBEAT_SECONDS": "1", **variables},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.port}"

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self.authority}/readyz", timeout=20) as answer:
                return answer.status == 200
        except OSError:  # refused, or too busy to answer yet
            return False

    def parent(self, name: str) -> psutil.Process | None:
        """The child of the supervisor that runs `name`: gunicorn or qcluster."""
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self.supervisor.pid).children():
                with contextlib.suppress(psutil.NoSuchProcess):
                    if name in " ".join(child.cmdline()):
                        return child
        return None

    def below(self, name: str) -> list[psutil.Process]:
        """What that child forked, and what those forked."""
        parent = self.parent(name)
        with contextlib.suppress(psutil.NoSuchProcess):
            return parent.children(recursive=True) if parent else []
        return []

    def stop(self) -> None:
        """Nothing outlives its supervisor."""
        left = psutil.Process(self.supervisor.pid).children(recursive=True)
        self.supervisor.kill()
        self.supervisor.wait()
        assert psutil.wait_procs(left, timeout=PATIENCE)[1] == []


@pytest.fixture
def serve(transactional_db, peer) -> Iterator[Callable[..., Portal]]:
    running = []

    def start(**variables: str) -> Portal:
        portal = Portal(GEOCODERS="census", CENSUS_GEOCODER_URL=peer.url, **variables)
        running.append(portal)
        wait_for(portal.is_ready)
        return portal

    yield start
    close_connections()
    for portal in running:
        portal.stop()


@pytest.fixture
def onboard(program_id) -> Callable[[str], Client]:
    """A new partner's client for the portal at this authority. It may call as often as it can."""

    def make(authority: str) -> Client:
        name = f"Acme Energy {uuid.uuid4().hex[:8]}"
        made = printed("create_partner", name, "--kind", "oem")
        raise_limits(Partner.objects.get(pk=made["partnerId"]), reason="The test is a heavy load.")
        return Client(authority, {**made, "name": name})

    return make


@pytest.fixture
def in_threads():
    """Runs the calls at once, each over a database connection of its own; what each returned, or raised."""

    def run(*calls: Callable[[], object]) -> list[object]:
        results: list[object] = [None] * len(calls)
        together = threading.Barrier(len(calls))

        def one(place: int) -> None:
            together.wait()
            try:
                results[place] = calls[place]()
            except Exception as fault:
                results[place] = fault
            finally:
                connections.close_all()

        threads = [threading.Thread(target=one, args=(place,)) for place in range(len(calls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    return run
