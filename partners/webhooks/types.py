"""What partners can be told of, in one table: the documents, the validation and the endpoints all read it. Pure."""

from dataclasses import dataclass
from enum import StrEnum

VERSION = "1.0.0"  # of the body's form (contract §9)
EVERY = "*"  # an endpoint that takes this takes every type, those that come later too


class Family(StrEnum):
    """What `data` is: the thing itself, as `GET` gives it."""

    ENROLLMENT = "enrollment"
    COMMAND = "command"
    DEVICE = "device"
    LINK_SESSION = "link_session"
    PARTNER = "partner"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Type:
    """`is_kept`: that it was to be told is on record even where nobody listens, and longer than the others.

    `is_answered`: what the partner says in its 2xx is kept for whoever announced it.
    """

    name: str
    family: Family
    about: str
    is_kept: bool = False
    is_answered: bool = False


TYPES = {
    each.name: each
    for each in (
        Type("enrollment.created", Family.ENROLLMENT, "An enrollment was taken in, as far as the facts carry it."),
        Type(
            "enrollment.status_changed", Family.ENROLLMENT,
            "Its state changed: from `previousState`, because of `reason`.",
        ),
        Type("enrollment.review_opened", Family.ENROLLMENT, "Staff have to decide something; `review` says what."),
        Type(
            "enrollment.review_resolved", Family.ENROLLMENT,
            "Staff decided, or nothing is left to decide; `reason` says which way.",
        ),
        Type(
            "enrollment.information_requested", Family.ENROLLMENT,
            "Staff ask you for something: `requiredActions` says what, and `PATCH` answers it.",
        ),
        Type(
            "consent.revoked", Family.ENROLLMENT,
            "Consent was revoked, by whichever path. Your first 2xx acknowledges it (§11.5).", is_kept=True,
        ),
        Type("consent.expiring", Family.ENROLLMENT, "Consent expires at `expiresAt` unless the customer renews it."),
        Type(
            "consent.evidence_requested", Family.ENROLLMENT,
            "You are asked for the original record of a consent, by `dueAt` (§11.5).", is_kept=True,
        ),
        Type(
            "command.requested", Family.COMMAND,
            "A device is to carry out a command: answer whether you accept it, then report on it.", is_answered=True,
        ),
        Type("command.cancelled", Family.COMMAND, "A command is no longer wanted."),
        Type("device.disconnected", Family.DEVICE, "The access to a device that its owner granted has ended."),
        Type("link_session.completed", Family.LINK_SESSION, "The end user linked the device by OAuth."),
        Type("partner.suspended", Family.PARTNER, "Nothing but revocations is taken from you until further notice."),
        Type("test", Family.TEST, "You asked for it: it shows that your endpoint is reached."),
    )
}  # fmt: skip
