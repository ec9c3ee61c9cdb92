"""Recurring work on commands."""

from datetime import datetime

from devices.commands.expiring import end_overdue


def work_off(*, now: datetime) -> int:
    """What is due to be sent, to be asked about, or over."""
    return end_overdue(now=now)
