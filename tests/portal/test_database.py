"""The embedded PostgreSQL: started from nothing, shared, killed, and started again."""

import os
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from tests.waiting import PATIENCE

from .processes import lives

ASK = "from django.db import connection; print(connection.pg_version)"


def server_process(home: Path) -> psutil.Process | None:
    file = home / "postgres" / "postmaster.pid"
    return psutil.Process(int(file.read_text().split()[0])) if file.exists() else None


@pytest.fixture(scope="module")
def home():
    """One for all of these tests: to make a cluster takes longer than to start it. Not under pytest's folder, whose
    way every other run of pytest closes again to the server's user."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def environment(environment, home):
    return {**environment, "PORTAL_HOME": str(home)}


@pytest.fixture
def user_of_it(environment):
    """A process that uses the server until it is ended."""
    script = "import django, time; django.setup(); print('ready', flush=True); time.sleep(3600)"
    processes = []

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", script], cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE, text=True
        )
        processes.append(process)
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for each in processes:
        each.kill()
        each.communicate()


def test_it_starts_from_nothing_for_many_at_once_and_stops_with_the_last(manage, home):
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: manage("shell", "-v0", "-c", ASK), range(4)))
    assert [each.stderr for each in done] == [""] * 4
    assert all(int(each.stdout) >= 180000 for each in done)
    assert server_process(home) is None


def test_a_command_beside_a_running_portal_uses_its_server_and_leaves_it_running(manage, home, user_of_it):
    user_of_it()
    server = server_process(home)
    assert manage("check").returncode == 0
    assert lives(server)
    assert server_process(home) == server


def test_a_server_whose_users_were_killed_is_found_and_stopped_by_the_next(manage, home, user_of_it):
    user_of_it().kill()
    server = server_process(home)
    assert lives(server)
    assert manage("shell", "-v0", "-c", ASK).returncode == 0
    assert not lives(server)


def test_it_starts_after_everything_was_killed_though_its_process_number_is_taken(manage, home, user_of_it):
    user = user_of_it()
    server = server_process(home)
    children = server.children()
    server.send_signal(signal.SIGKILL)
    user.kill()
    assert psutil.wait_procs(children, timeout=PATIENCE)[1] == []
    file = home / "postgres" / "postmaster.pid"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    done = manage("shell", "-v0", "-c", ASK)
    assert done.returncode == 0, done.stderr


def test_a_home_whose_path_is_too_long_for_a_socket_will_do(manage):
    with tempfile.TemporaryDirectory() as short:
        home = Path(short, "long" * 30)
        done = manage("shell", "-v0", "-c", ASK, PORTAL_HOME=str(home))
    assert done.returncode == 0, done.stderr


def test_rows_are_kept_out_of_its_log(manage, home):
    broken = "from django.db import connection; connection.cursor().execute('SELECT %s::int', ['my secret'])"
    assert manage("shell", "-v0", "-c", broken).returncode != 0
    log = (home / "postgres.log").read_text()
    assert "ERROR:" in log
    assert "SELECT" not in log


def test_what_is_committed_is_on_disk(manage):
    ask = "from django.db import connection as c; k = c.cursor(); k.execute('SHOW fsync'); print(k.fetchone()[0])"
    assert manage("shell", "-v0", "-c", ask).stdout == "on\n"


def test_it_says_why_it_cannot_start_with_the_end_of_its_log(manage, home):
    version = home / "postgres" / "PG_VERSION"
    right = version.read_text()
    version.write_text("9\n")
    done = manage("check")
    version.write_text(right)
    assert done.returncode != 0
    assert "The embedded PostgreSQL" in done.stderr
    assert "database files are incompatible with server" in done.stderr
    assert "DATABASE_URL" in done.stderr
