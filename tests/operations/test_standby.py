"""A primary and its synchronous standby: one is killed, the other promoted, and nothing acknowledged is lost."""

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from contract.client import Answer, Client, send
from contract.payloads import enrollment
from contract.signing import sign
from django.conf import settings
from django.db import connection

from tests.databases import url_of_database
from tests.ports import free_port, listens
from tests.waiting import PATIENCE, wait_for
from texture_portal.cluster import UNPRIVILEGED_USER, program_of_the_wheel

OPTIONS = "-c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c max_connections=60 -p {port}"


@dataclass
class Server:
    folder: Path
    port: int = field(default_factory=free_port)

    def url(self, database: str = "portal") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self, more: str = "") -> None:
        options = OPTIONS.format(port=self.port) + more
        program("pg_ctl", "start", "-D", self.folder, "-l", f"{self.folder}.log", "-w", "-o", options)

    def stop(self) -> None:
        if (self.folder / "postmaster.pid").exists():
            program("pg_ctl", "stop", "-D", self.folder, "-m", "immediate")

    def asked(self, statement: str) -> object:
        with psycopg.connect(self.url("postgres"), autocommit=True) as session:
            answer = session.execute(statement)
            return answer.fetchone() if answer.description else None


def program(name: str, *words: object) -> None:
    """As an unprivileged user, where we are root: PostgreSQL wants it so."""
    user = pwd.getpwnam(UNPRIVILEGED_USER).pw_uid if os.geteuid() == 0 else None
    done = subprocess.run(
        [str(program_of_the_wheel(name)), *map(str, words)], cwd="/", user=user, stdin=subprocess.DEVNULL,
        env={**os.environ, "PGCTLTIMEOUT": f"{PATIENCE:.0f}"},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{name}: {done.stderr}"


@pytest.fixture
def pair(program_ids: dict[str, str]) -> Iterator[tuple[Server, Server]]:
    """Both with a copy of the contract tests' database; what the primary commits is on the standby first."""
    with tempfile.TemporaryDirectory() as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, UNPRIVILEGED_USER)
        primary, standby = Server(Path(folder) / "primary"), Server(Path(folder) / "standby")
        program("initdb", "-D", primary.folder, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C")
        primary.start()
        primary.asked("CREATE DATABASE portal")
        dump = Path(folder) / "dump"
        ours = url_of_database(connection.settings_dict["NAME"])
        subprocess.run([program_of_the_wheel("pg_dump"), "-Fc", "-f", dump, ours], check=True)
        subprocess.run([program_of_the_wheel("pg_restore"), "--no-owner", "-d", primary.url(), dump], check=True)
        program("pg_basebackup", "-D", standby.folder, "-R", "-c", "fast", "-d", primary.url("postgres"))
        standby.start()
        primary.asked("ALTER SYSTEM SET synchronous_standby_names = '*'")
        primary.asked("SELECT pg_reload_conf()")
        wait_for(lambda: primary.asked("SELECT true FROM pg_stat_replication WHERE sync_state = 'sync'"))
        yield primary, standby
        primary.stop()
        standby.stop()


@pytest.fixture
def served(pair: tuple[Server, Server], environment: dict[str, str]) -> Iterator[str]:
    """A web host that is told of both, as docs/deployment.md says it."""
    primary, standby = pair
    port = free_port()
    both = f"127.0.0.1:{standby.port},127.0.0.1:{primary.port}"
    serve = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--no-worker", "--port", str(port)],
        cwd=settings.BASE_DIR,
        env={
            **environment,
            "DATABASE_URL": f"postgresql://postgres@{both}/portal?target_session_attrs=read-write",
            "DATA_KEYS": ",".join(settings.DATA_KEYS),
            "WEB_WORKERS": "1",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: listens(port))
    yield f"127.0.0.1:{port}"
    serve.terminate()
    serve.wait(PATIENCE)


def test_what_was_acknowledged_outlives_the_primary(pair: tuple[Server, Server], served: str) -> None:
    primary, standby = pair
    partner = onboarded_at(served, primary)
    made = partner.enrolled(enrollment())
    primary.stop()  # at once, as by a cut of the power
    standby.asked("SELECT pg_promote()")
    body, key = enrollment(), str(uuid.uuid4())
    answers: list[Answer] = []

    def sent_again() -> bool:
        answers.append(send(sign(partner.draft("POST", "/v1/enrollments", body, key=key), partner.key)))
        return answers[-1].status == 201

    wait_for(sent_again)
    assert partner.get(f"/v1/enrollments/{made['id']}").json == made
    assert {each.status for each in answers} <= {201, 503}  # unavailable, and then done once


def onboarded_at(served: str, server: Server) -> Client:
    """By the command of another process: this one has another database."""
    done = subprocess.run(
        [sys.executable, "manage.py", "create_partner", "Standby", "--kind", "oem"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": server.url()},
        capture_output=True,
        text=True,
        check=True,
    )
    return Client(served, {**json.loads(done.stdout), "name": "Standby"})
