"""What tests of real processes wait for: that something is so, and never that some time has passed."""

import time
from collections.abc import Callable

PATIENCE = 300.0  # seconds: only where something is wrong does a test wait for so long, however slow the machine
ON_A_PAGE = 90.0  # seconds, where one fault would have very many tests wait
TICK = 0.05


def wait_for(condition: Callable[[], object], what: str = "it", *, every: float = TICK) -> None:
    """`every`: seconds between two looks, where a look costs others something."""
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends, f"{what} did not come to pass within {PATIENCE:.0f} s"
        time.sleep(every)
