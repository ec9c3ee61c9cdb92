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
    measuring.measure_some,
)


def work_off(*, now: datetime) -> int:
    """Every piece in turn; how many rows were worked on. Killed anywhere, what was not committed is found again."""
    return sum(piece(now=now) for piece in PIECES)
