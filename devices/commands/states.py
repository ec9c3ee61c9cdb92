"""The states of a command (contract §6), as the contract spells them. Pure."""

from enum import StrEnum


class Status(StrEnum):
    PENDING = "pending"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    COMPLETE = "complete"
    FAILED = "failed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


UNFINISHED = (Status.PENDING, Status.ACCEPTED, Status.IN_PROGRESS)
FINAL = tuple(status for status in Status if status not in UNFINISHED)
ACKNOWLEDGED = (Status.ACCEPTED, Status.IN_PROGRESS)

# Why one ended otherwise than the device told; the rules of `devices.safety` are codes of a rejection, too.
REJECTED_THERE = "rejected_by_partner"  # the other side would not take it
FAILED_THERE = "failed_at_device"
SUPERSEDED = "superseded"  # a newer command to the device took its place
NOT_SENT = "not_sent"  # its time was over before it went out
NOT_ACKNOWLEDGED = "not_acknowledged"  # it went out, and nobody said that it came
OUTCOME_UNKNOWN = "outcome_unknown"  # it may have been carried out; nobody could say
NOT_REACHABLE = "not_reachable"  # there is no way to the device any more
NOTHING_TO_RESTORE = "nothing_to_restore"  # what it would have undone was never carried out
