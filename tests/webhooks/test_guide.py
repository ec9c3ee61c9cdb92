"""The verification code of docs/webhooks.md, in each language as it stands, at real deliveries."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from standardwebhooks import Webhook

from tests.ports import free_port, listens
from tests.waiting import PATIENCE, wait_for
from tests.webhooks.conftest import announce, deliver, states

EXAMPLES = Path(settings.BASE_DIR) / "docs" / "examples"
GUIDE = (Path(settings.BASE_DIR) / "docs" / "webhooks.md").read_text()
RECEIVERS = {"python": [sys.executable, "webhooks.py"], "javascript": ["node", "webhooks.mjs"]}
ANOTHER_SECRET = "whsec_bm90IG91cnM="


@pytest.fixture(params=RECEIVERS)
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen]]:
    """The receiver of one language, with this secret, at this port; what it prints goes into a file."""
    program, file = RECEIVERS[request.param]
    if shutil.which(program) is None:
        pytest.skip(f"THE RECEIVER IN {request.param.upper()} DID NOT RUN: there is no {program} here")
    running = []

    def run(port: int, secret: str) -> subprocess.Popen:
        with (tmp_path / "printed").open("a") as printed:
            process = subprocess.Popen(
                [program, str(EXAMPLES / file), str(port)],
                env={"PATH": os.environ["PATH"], "WEBHOOK_SECRET": secret},
                stdout=printed,
                stderr=subprocess.STDOUT,
            )
        running.append(process)
        wait_for(lambda: listens(port))
        return process

    yield run
    for each in running:
        each.kill()
        each.wait()


def posted(port: int, headers: dict[str, str], body: bytes) -> int:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/in", data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        refusal.close()
        return refusal.code


def test_the_receiver_of_the_guide_takes_what_is_ours_and_nothing_else(start, endpoint_at, tmp_path):
    port = free_port()
    endpoint = endpoint_at(f"http://127.0.0.1:{port}/in")
    announce(endpoint, data=lambda: {"number": 1, "id": "an-enrollment", "state": "active"})
    stranger = start(port, ANOTHER_SECRET)
    deliver()
    assert states(endpoint) == ["pending"]
    assert endpoint.deliveries.get().outcome == "http_400"
    stranger.kill()
    stranger.wait()
    start(port, endpoint.shown_secret)
    endpoint.deliveries.update(due_at=endpoint.created_at)
    deliver()
    assert states(endpoint) == ["delivered"]
    assert (tmp_path / "printed").read_text() == "enrollment.status_changed an-enrollment active\n"


def signed(secret: str, *, at: datetime, key: str = "msg-1", body: str = '{"key": "k", "type": "test", "data": {}}'):
    said = {"webhook-id": key, "webhook-timestamp": str(int(at.timestamp())), "Content-Type": "application/json"}
    return said | {"webhook-signature": Webhook(secret).sign(key, at, body)}, body.encode()


def test_the_receiver_of_the_guide_refuses_what_is_changed_or_old_and_does_once_what_comes_twice(start, tmp_path):
    port, secret, now = free_port(), ANOTHER_SECRET, datetime.now(UTC)
    start(port, secret)
    headers, body = signed(secret, at=now)
    assert posted(port, headers, body + b" ") == 400
    assert posted(port, headers | {"webhook-id": "msg-2"}, body) == 400
    assert posted(port, headers | {"webhook-signature": "v1,AAAA v1a," + "A" * 44}, body) == 400
    assert posted(port, {"Content-Type": "application/json"}, body) == 400
    assert posted(port, *signed(secret, at=now - timedelta(minutes=6))) == 400
    assert (tmp_path / "printed").read_text() == ""
    both = headers | {"webhook-signature": f"v1,{'A' * 44} {headers['webhook-signature']}"}
    assert [posted(port, both, body), posted(port, headers, body)] == [200, 200]
    [line] = (tmp_path / "printed").read_text().splitlines()
    assert line.split()[0] == "test"


def shell(headers: dict[str, str], body: bytes, secret: str) -> subprocess.CompletedProcess[bytes]:
    words = [headers.get(name, "") for name in ("webhook-id", "webhook-timestamp", "webhook-signature")]
    return subprocess.run(
        ["sh", str(EXAMPLES / "webhooks.sh"), *words],
        input=body,
        env={"PATH": os.environ["PATH"], "WEBHOOK_SECRET": secret},
        capture_output=True,
        timeout=PATIENCE,
    )


def test_the_shell_of_the_guide_tells_what_is_ours_from_what_is_not(receiver, endpoint_at):
    if shutil.which("openssl") is None:
        pytest.skip("THE VERIFICATION IN SHELL DID NOT RUN: there is no openssl here")
    there = receiver()
    endpoint = endpoint_at(there.url)
    announce(endpoint, 7)
    deliver()
    [got] = there.received
    assert set(got.document) == set(json.loads(re.findall(r"^```json\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)[0]))
    ours = shell(got.headers, got.body, endpoint.shown_secret)
    assert (ours.returncode, ours.stdout) == (0, got.body)
    old = got.headers | {"webhook-timestamp": str(int(time.time()) - 400)}
    for headers, body, secret, said in (
        (got.headers, got.body + b" ", endpoint.shown_secret, b"the signature is not ours\n"),
        (got.headers, got.body, ANOTHER_SECRET, b"the signature is not ours\n"),
        (old, got.body, endpoint.shown_secret, b"too old, or your clock is wrong\n"),
        ({}, got.body, endpoint.shown_secret, b"not a webhook\n"),
    ):
        done = shell(headers, body, secret)
        assert (done.returncode, done.stdout, done.stderr) == (1, b"", said)
