"""`manage.py serve` with real processes, killed in every way."""

import contextlib
import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import timedelta

import psutil
import pytest
from django.conf import settings

from tests.ports import free_port
from tests.waiting import PATIENCE, wait_for
from texture_portal import clock, heartbeat, supervisor
from texture_portal.models import Heartbeat

from .processes import lives

WORKER = "serving-test"


def processes(serve: subprocess.Popen, name: str) -> list[psutil.Process]:
    """The child of this name and all that it forked, it first."""
    for child in psutil.Process(serve.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended since it was listed
            if lives(child) and name in " ".join(child.cmdline()):
                return [child, *child.children(recursive=True)]
    return []


def beats_after(instant) -> bool:
    beat_at = heartbeat.last(WORKER)
    return beat_at is not None and beat_at > instant


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def get(port):
    def ask(path: str) -> tuple[int, dict]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE) as answer:
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
        wait_for(lambda: beats_after(started))
        return process

    yield serve
    for each in serving:
        each.terminate()
        each.communicate(timeout=PATIENCE)


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
    assert serve.wait(PATIENCE) == 0
    said = serve.stdout.read()
    assert f"http://127.0.0.1:{port}" in said
    assert "createsuperuser" in said
    assert said.endswith("Stopped.\n")
    wait_for(lambda: not any(lives(each) for each in left))


def test_what_a_connector_needs_runs_where_it_is_configured_and_comes_back(start):
    """There is no broker behind the address: the process lives on and tries again."""
    serve = start(MQTT_URL="mqtt://127.0.0.1:9")
    wait_for(lambda: processes(serve, "ingest_mqtt"))
    assert not processes(serve, "follow_stream")
    killed = processes(serve, "ingest_mqtt")[0]
    killed.kill()
    wait_for(lambda: any(each.pid != killed.pid for each in processes(serve, "ingest_mqtt")))
    left = processes(serve, "ingest_mqtt")
    serve.send_signal(signal.SIGTERM)
    assert serve.wait(PATIENCE) == 0
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
    settings.RENEWAL_OVERLAP_SECONDS = 3600.0  # longer than it takes to fail
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
    wait_for(lambda: tended().process.pid not in tries)
    settings.RENEWAL_OVERLAP_SECONDS = 0.5
    wait_for(lambda: not tended().retired)
    ended, stays = old.poll(), child.is_there()
    child.end_group()
    assert (ended is not None, stays) == (True, True)


@pytest.mark.django_db
def test_workers_that_are_not_there_in_time_have_longer_with_each_start_until_they_are(settings):
    settings.HEARTBEAT_STALE_SECONDS = 10
    child = supervisor.Child("workers", "http.server", "0")  # which gives no sign of life
    watch = supervisor.WorkerWatch(child)

    def is_restarted_after(seconds: float) -> bool:
        before = child.process.pid
        watch._look(child.started_at + timedelta(seconds=seconds))
        return child.process.pid != before

    try:
        assert [is_restarted_after(each) for each in (9, 11, 19, 21, 39, 41)] == [False, True] * 3
        Heartbeat.objects.create(name=heartbeat.worker_name(), beat_at=child.started_at + timedelta(seconds=30))
        assert [is_restarted_after(each) for each in (39, 41)] == [False, True]
        Heartbeat.objects.all().delete()  # its time is later than the next start here
        assert [is_restarted_after(each) for each in (9, 11)] == [False, True], "they were there, and are silent anew"
    finally:
        child.end_group()


def test_workers_that_hang_are_restarted_and_nothing_outlives_a_killed_supervisor(start):
    serve = start(HEARTBEAT_STALE_SECONDS="10")
    workers = processes(serve, "qcluster")
    hung = clock.now()
    for each in workers:
        each.suspend()
    wait_for(lambda: beats_after(hung))  # once they count as hung, and the new ones have started
    wait_for(lambda: not any(lives(each) for each in workers))

    left = [*processes(serve, "gunicorn"), *processes(serve, "qcluster")]
    serve.kill()
    wait_for(lambda: not any(lives(each) for each in left))


def test_a_database_that_is_away_is_said_in_words(manage, port):
    done = manage("serve", "--port", str(port), DATABASE_URL="postgresql://portal@127.0.0.1:1/portal")
    assert done.returncode == 1
    assert "The database cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
