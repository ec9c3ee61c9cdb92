"""Many machines: a web host and a worker host, with their queue in a Redis of Debian's, which is killed and comes back.

They write their log as JSON and there are two web processes, so that both are seen as they are in production.
"""

import json
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from contract.client import Client
from contract.conftest import run
from contract.payloads import enrollment
from django.conf import settings
from django.db import connection
from django_q.models import OrmQ
from prometheus_client.parser import text_string_to_metric_families
from standardwebhooks import Webhook

from tests.databases import url_of_database
from tests.ports import free_port
from tests.waiting import PATIENCE, wait_for
from tests.webhooks.receiver import Receiver, receiving

REQUESTS = 20
DEVICE_TYPES = "v1/device-types"


class RedisServer:
    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        program = shutil.which("redis-server") or ""
        said = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen([program, *said], stdout=subprocess.DEVNULL)
        with redis.from_url(self.url) as client:
            wait_for(lambda: answers(client))

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()


def answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    if shutil.which("redis-server") is None:
        pytest.skip("THE QUEUE IN REDIS WAS NOT TRIED: there is no redis-server here")
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def served(
    program_ids: dict[str, str], environment: dict[str, str], redis_server: RedisServer, log_file: Path
) -> Iterator[str]:
    """`host:port` of the web host, on the contract tests' grid; the worker host starts at the same moment."""
    port = free_port()
    variables = {
        **environment,
        "DATABASE_URL": url_of_database(connection.settings_dict["NAME"]),
        "REDIS_URL": redis_server.url,
        "OUTBOUND_ALLOWED_HOSTS": "127.0.0.1",
        "DATA_KEYS": ",".join(settings.DATA_KEYS),
        "HEARTBEAT_SECONDS": "1",
        "WEB_WORKERS": "2",
        "JOB_WORKERS": "1",
        "LOG_FORMAT": "json",
        "LOG_REQUESTS": "on",
    }
    with log_file.open("a") as log:
        hosts = [
            subprocess.Popen(
                [sys.executable, "manage.py", "serve", *words],
                cwd=settings.BASE_DIR,
                env={**variables, "WORKER_NAME": words[0]},
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
            for words in (("--no-worker", "--port", str(port)), ("--no-web",))
        ]
        yield f"127.0.0.1:{port}"
        for each in hosts:
            each.terminate()
        assert [each.wait(PATIENCE) for each in hosts] == [0, 0]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def wrong(served: str) -> dict[str, str] | None:
    """What /readyz says; None while nobody answers."""
    try:
        with urllib.request.urlopen(f"http://{served}/readyz", timeout=60) as answer:
            return dict(json.load(answer)["wrong"])
    except urllib.error.HTTPError as refusal:
        with refusal:
            return dict(json.load(refusal)["wrong"])
    except OSError:
        return None


def figures(served: str) -> dict[tuple[str, ...], float]:
    with urllib.request.urlopen(f"http://{served}/metrics", timeout=PATIENCE) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}


def told_again(partner: Client, tell: str) -> bool:
    """What comes next wakes whoever finds what came before; the schedule would too, in its minute."""
    time.sleep(1)
    return partner.post(tell, {}).status == 202


def test_the_portal_works_with_its_queue_in_redis_and_loses_nothing_without_it(
    served: str, redis_server: RedisServer, receiver: Receiver, log_file: Path
) -> None:
    wait_for(lambda: wrong(served) == {})  # a worker has answered through the queue
    partner = Client(served, {**run("create_partner", "Redis", "--kind", "oem"), "name": "Redis"})
    hook = partner.post("/v1/webhook-endpoints", {"url": receiver.url, "eventTypes": ["*"]}).json
    tell = f"/v1/webhook-endpoints/{hook['id']}/test"
    in_postgresql = OrmQ.objects.count()  # of this process, whose queue is there

    assert partner.post(tell, {}).status == 202
    wait_for(lambda: len(receiver.received) == 1)
    Webhook(hook["secret"]).verify(receiver.received[0].body, receiver.received[0].headers)
    assert OrmQ.objects.count() == in_postgresql

    redis_server.kill()
    assert partner.post(tell, {}).status == 202
    body = enrollment()
    assert partner.enrolled(body)["state"] == "enrolled"
    assert "queue" in (wrong(served) or {})
    assert figures(served)["texture_queue_up",] == 0

    redis_server.start()
    wait_for(lambda: told_again(partner, tell) and len(receiver.received) >= 3)
    wait_for(lambda: wrong(served) == {})

    before = figures(served).get(("texture_requests_total", "GET", DEVICE_TYPES, "200"), 0)
    for _ in range(REQUESTS):
        assert partner.get(f"/{DEVICE_TYPES}").status == 200
    told = {figures(served)["texture_requests_total", "GET", DEVICE_TYPES, "200"] for _ in range(4)}
    assert told == {before + REQUESTS}  # whichever process answers

    lines = [json.loads(line) for line in log_file.read_text().splitlines()]
    (asked, *_) = [line for line in lines if line.get("route") == DEVICE_TYPES]
    assert asked["actor"] == f"partner:{partner.partner_id}"
    assert any(line["level"] == "ERROR" and "pull task" in line["message"] for line in lines)
    personal = (body["site"]["address"]["streetOne"], body["customer"]["referenceId"], body["device"]["serialNumber"])
    for secret in (partner.client_secret, partner.token, hook["secret"], *personal):
        assert secret not in log_file.read_text()
