"""A refused client that still sends gets to read the answer: by the real server, on loopback."""

import http.client
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from partners.lingering import LONGEST_SILENCE_SECONDS
from tests.waiting import PATIENCE

THREADS = 2
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def port():
    """gunicorn with one thread, as the portal configures it otherwise."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        os.set_inheritable(listening.fileno(), True)
        words = ["--workers", "1", "--threads", str(THREADS), "--bind", f"fd://{listening.fileno()}"]
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--config", "python:texture_portal.web", *words],
            cwd=ROOT,
            env={**os.environ, "LOG_LEVEL": "ERROR"},
            pass_fds=[listening.fileno()],
        )
        number = listening.getsockname()[1]
    yield number  # the server alone listens now: where it died, connecting fails at once
    server.terminate()
    server.wait(timeout=PATIENCE)


@pytest.mark.parametrize("size", [10, 100_000, 5_000_000])
@pytest.mark.parametrize("chunked", [False, True])
def test_the_answer_arrives_and_the_connection_serves_on(port, size, chunked):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    body = iter([b"x" * size]) if chunked else b"x" * size
    client.request("POST", "/v1/nothing", body, encode_chunked=chunked)
    answer = client.getresponse()
    assert (answer.status, answer.getheader("Content-Type")) == (404, "application/problem+json")
    answer.read()
    client.request("GET", "/v1/nothing")
    assert client.getresponse().status == 404
    client.close()


def test_clients_that_announce_a_body_and_send_none_do_not_hold_the_server(port):
    silent = []
    for _ in range(4):
        client = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        client.sendall(b"POST /v1/nothing HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000000\r\n\r\n")
        silent.append(client)
    other = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    other.request("GET", "/v1/nothing")
    assert other.getresponse().status == 404  # and the silent ones are silent still
    assert LONGEST_SILENCE_SECONDS * len(silent) / THREADS < 15
    for client in [*silent, other]:
        client.close()
