"""What came of a device in an event, read off its commands once they are final. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from devices.commands.states import FINAL, NOTHING_TO_RESTORE, SUPERSEDED

ENDINGS = {
    "complete": "took_part", "failed": "failed", "rejected": "refused", "expired": "expired", "cancelled": "cancelled",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """A command of the event to the device. `went_out`: it may have come there."""

    status: str
    is_restore: bool
    went_out: bool
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    outcome: str
    reason: str
    detail: str
    restore: str
    restore_detail: str


def settle(commands: Sequence[Told]) -> Settled | None:
    """None while something may still come of it. In the order in which they were issued."""
    if any(each.status not in FINAL for each in commands):
        return None
    orders = [each for each in commands if not each.is_restore]
    if not orders:
        return None
    last = orders[-1]
    return Settled(ENDINGS[last.status], last.code, last.detail, *restored(commands))


def restored(commands: Sequence[Told]) -> tuple[str, str]:
    """Whether the device was brought back, and if not, why. What never went out needs no restoring."""
    back = [each for each in commands if each.is_restore]
    if any(each.status == "complete" for each in back):
        return "restored", ""
    acted = any(each.went_out and not each.is_restore and each.status != "rejected" for each in commands)
    if not acted or not back:  # a way back is written with its cause: what has none ends by itself
        return "not_needed", ""
    if back[-1].code == NOTHING_TO_RESTORE:
        return "not_needed", ""
    if back[-1].code == SUPERSEDED:
        return "handed_on", ""
    return "not_restored", back[-1].code or back[-1].status
