"""The states of an enrollment (§11.4), as the requirements spell them."""

from enum import StrEnum


class State(StrEnum):
    DISCOVERED = "discovered"
    ELIGIBLE = "eligible"
    OPTED_IN = "opted_in"
    PENDING_VERIFICATION = "pending_verification"
    ENROLLED = "enrolled"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    OPTED_OUT = "opted_out"
    REVOKED = "revoked"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()
