"""Recurring work on commands."""

import time
from datetime import datetime, timedelta

from devices.commands.expiring import end_overdue
from devices.commands.hearing import hear
from devices.commands.sending.publishing import publish_due
from devices.commands.sending.pushing import push_due
from partners.webhooks.waking import COMMANDS

SECONDS = 30.0  # under a task's time-out (settings.Q_CLUSTER)
PATIENCE = 1.0  # so long a worker stays where nothing is due: answers come soon after what was sent
PAUSE = 0.05


def work_off(*, now: datetime) -> int:
    """What is over, what is to be announced, and what partners answered; until nothing comes for a while."""
    began = time.monotonic()

    def present() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    with COMMANDS.kept():
        busy_at = began
        while time.monotonic() - began < SECONDS:
            if _a_round(now=present()):
                busy_at = time.monotonic()
            elif time.monotonic() - busy_at > PATIENCE:
                break
            else:
                time.sleep(PAUSE)
    return _a_round(now=present())


def _a_round(*, now: datetime) -> int:
    return end_overdue(now=now) + push_due(now=now) + publish_due(now=now) + hear(now=now)
