"""The real portal, as `manage.py serve` runs it, beside the demo; its log goes to a file, out of the table's way."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from django.conf import settings

HOST = "127.0.0.1"
READY_SECONDS = 240  # on a slow machine; it looks five times a second
STOP_SECONDS = 60
TICK_SECONDS = 0.2
LOG_LINES = 15


class ServerError(Exception):
    """The portal does not come up; the message says why and what to do."""


def check_port(port: int) -> None:
    try:
        socket.create_server((HOST, port)).close()
    except OSError as fault:
        raise ServerError(
            f"Port {port} cannot be used ({os.strerror(fault.errno or 0)}); another portal may have it. "
            "Remedy: make demo PORT=8001"
        ) from fault


def free_port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def serving(*, port: int, log: Path, database_url: str = settings.DATABASE_URL) -> Iterator[subprocess.Popen[bytes]]:
    """The portal with its worker, ready; stopped at the end, however that comes."""
    with open(log, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as output:
        process = subprocess.Popen(  # noqa: S603 -- our own modules
            [sys.executable, "-m", "texture_portal.leash", "django", "serve", "--host", HOST, "--port", str(port)],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": database_url},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that Ctrl-C reaches the demo alone, which stops the portal in good order
        )
        try:
            _await_ready(process, port=port, log=log)
            yield process
        finally:
            _stop(process)


def _await_ready(process: subprocess.Popen[bytes], *, port: int, log: Path) -> None:
    """Ready means that a worker gave a sign of life, too."""
    said, patience = "", time.monotonic() + READY_SECONDS
    while time.monotonic() < patience:
        if process.poll() is not None:
            raise ServerError(f"The portal ended at once. The end of its log, {log}:\n{_tail(log)}")
        said = _what_is_missing(f"http://{HOST}:{port}/readyz")
        if not said:
            return
        time.sleep(TICK_SECONDS)
    raise ServerError(f"The portal is not ready after {READY_SECONDS} s ({said}). Its log is {log}:\n{_tail(log)}")


def _what_is_missing(url: str) -> str:
    with requests.Session() as http:
        http.trust_env = False  # a proxy has no business on loopback
        try:
            answer = http.get(url, timeout=5)
        except (requests.ConnectionError, requests.Timeout) as fault:
            return type(fault).__name__
    return "" if answer.status_code == 200 else f"{answer.status_code} {answer.text[:300]}"


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()  # its children are on a leash and end with it
        process.wait()


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:])
