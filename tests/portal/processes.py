"""What tests of real processes wait for."""

import time
from collections.abc import Callable

import psutil


def wait_for(condition: Callable[[], bool], *, seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not come to pass"
        time.sleep(0.05)


def lives(process: psutil.Process) -> bool:
    """A zombie ended, and waits for its parent to notice."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
