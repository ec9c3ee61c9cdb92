"""`manage.py serve` with real processes, killed in every way."""

import json
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import psutil
import pytest
from django.conf import settings

from texture_portal import clock, heartbeat, supervisor

from .processes import lives, wait_for

WORKER = "serving-test"


def processes(serve: subprocess.Popen, name: str) -> list[psutil.Process]:
    """The child of this name and all that it forked, it first."""
    for child in psutil.Process(serve.pid).children():
        if lives(child) and name in " ".join(child.cmdline()):
            return [child, *child.children(recursive=True)]
    return []


def beats_after(instant) -> bool:
    beat_at = heartbeat.last(WORKER)
    return beat_at is not None and beat_at > instant


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.fixture
def get(port):
    def ask(path: str) -> tuple[int, dict]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, json.load(refusal)

    return ask


@pytest.fixture
def start(environment, test_database_url, port):
    serving = []

    def serve(**variables: str) -> subprocess.Popen:
        quick = {"HEARTBEAT_SECONDS": "1", "WORKER_NAME": WORKER, "WEB_WORKERS": "1", "JOB_WORKERS": "1"}
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(port)],
            cwd=settings.BASE_DIR,
            env={**environment, "DATABASE_URL": test_database_url, **quick, **variables},
            stdout=subprocess.PIPE,
            text=True,
        )
        serving.append(process)
        started = clock.now()
        wait_for(lambda: beats_after(started), seconds=60)
        return process

    yield serve
    for each in serving:
        each.terminate()
        each.communicate(timeout=30)


def test_what_is_killed_comes_back_and_everything_stops_on_request(start, get, manage, port, test_database_url):
    serve = start()
    assert get("/readyz") == (200, {"status": "ready", "wrong": {}})

    second = manage("serve", "--port", str(port), DATABASE_URL=test_database_url)
    assert second.returncode == 1
    assert f"Port {port} is taken" in second.stderr

    web = processes(serve, "gunicorn")
    web[0].kill()
    wait_for(lambda: not any(lives(each) for each in web))
    assert get("/healthz")[0] == 200  # the caller waited, and was not refused

    workers = processes(serve, "qcluster")
    killed = clock.now()
    workers[0].kill()  # django-q2's own children would live on
    wait_for(lambda: beats_after(killed))
    wait_for(lambda: not any(lives(each) for each in [*web, *workers]))

    left = [*processes(serve, "gunicorn"), *processes(serve, "qcluster")]
    serve.send_signal(signal.SIGTERM)
    assert serve.wait(30) == 0
    said = serve.stdout.read()
    assert f"http://127.0.0.1:{port}" in said
    assert "createsuperuser" in said
    assert said.endswith("Stopped.\n")
    wait_for(lambda: not any(lives(each) for each in left))


def test_what_a_connector_needs_runs_where_it_is_configured_and_comes_back(start):
    """There is no broker behind the address: the process lives on and tries again."""
    serve = start(MQTT_URL="mqtt://127.0.0.1:9")
    wait_for(lambda: processes(serve, "ingest_mqtt"), seconds=60)
    assert not processes(serve, "follow_stream")
    killed = processes(serve, "ingest_mqtt")[0]
    killed.kill()
    wait_for(lambda: any(each.pid != killed.pid for each in processes(serve, "ingest_mqtt")), seconds=60)
    left = processes(serve, "ingest_mqtt")
    serve.send_signal(signal.SIGTERM)
    assert serve.wait(30) == 0
    wait_for(lambda: not any(lives(each) for each in left))


def test_a_child_that_is_wanted_no_longer_is_ended(monkeypatch):
    monkeypatch.setattr(supervisor, "LOOK_SECONDS", 0.0)
    wanted = [False, True, True, False, True]
    child = supervisor.OnDemand("server", "http.server", "0", wanted=lambda: wanted.pop(0))
    lived = []
    while wanted:
        child.tend()
        lived.append(child.is_there())
    child.end_group()
    assert lived == [False, True, True, False, True]
    assert not child.is_there()


def test_the_old_one_works_on_until_a_new_one_stays(settings):
    settings.RENEWAL_OVERLAP_SECONDS = 5.0  # longer than it takes to fail
    child = supervisor.Child("server", "http.server", "0")
    old = child.process

    def tended() -> supervisor.Child:
        child.tend()
        return child

    child.arguments = ("texture_portal.of_no_such_name",)
    child.renew()
    tries = {child.process.pid}
    wait_for(lambda: tries.add(tended().process.pid) or len(tries) > 2)
    assert old.poll() is None
    child.arguments = ("http.server", "0")
    wait_for(lambda: not tended().retired, seconds=60)
    ended, stays = old.poll(), child.is_there()
    child.end_group()
    assert (ended is not None, stays) == (True, True)


def test_workers_that_hang_are_restarted_and_nothing_outlives_a_killed_supervisor(start):
    serve = start(HEARTBEAT_STALE_SECONDS="10")
    workers = processes(serve, "qcluster")
    hung = clock.now()
    for each in workers:
        each.suspend()
    wait_for(lambda: beats_after(hung), seconds=60)  # ten until they count as hung, and the new ones have to start
    wait_for(lambda: not any(lives(each) for each in workers))

    left = [*processes(serve, "gunicorn"), *processes(serve, "qcluster")]
    serve.kill()
    wait_for(lambda: not any(lives(each) for each in left), seconds=5)


def test_a_database_that_is_away_is_said_in_words(manage, port):
    done = manage("serve", "--port", str(port), DATABASE_URL="postgresql://portal@127.0.0.1:1/portal")
    assert done.returncode == 1
    assert "The database cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
