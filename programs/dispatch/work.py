"""The job of dispatch events: looks for what is due at each, most urgent first, and does a piece of it."""

from collections.abc import Callable
from datetime import datetime

from programs.dispatch import measuring, previewing, sampling, settling, starting, stopping

PIECES: tuple[Callable[..., int], ...] = (
    stopping.withdraw_uncleared,
    stopping.stop_some,
    starting.end_due,
    starting.begin_due,
    starting.tell_some,
    sampling.sample_due,
    settling.settle_some,
    settling.close_some,
    previewing.look_at_some,
    measuring.foresee_some,
    measuring.measure_some,
)


def work_off(*, now: datetime) -> int:
    """The first piece that has something to do; how many rows that was. What is below waits for what is above it.

    Killed anywhere, what was not committed is found again.
    """
    return next((done for piece in PIECES if (done := piece(now=now))), 0)
