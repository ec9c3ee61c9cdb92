"""May this device join this program? Facts in, reasons out: no reason against means yes (§11.3, step 4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Against(StrEnum):
    """Why a program does not take a device, as codes for the wire."""

    DEVICE_TYPE = "device_type_not_taken"
    COMMANDS = "commands_missing"
    SCOPE = "outside_consent_scope"
    NOT_CHOSEN = "not_chosen"
    LEFT = "left_by_customer"
    NO_ROOM = "program_full"
    GROUP_TAKEN = "in_another_program_of_the_group"
    ACCOUNT = "utility_account_not_verified"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a program asks for. `has_room` is false where its capacity is reached."""

    program_id: str
    type: str
    device_types: frozenset[str]
    required_commands: frozenset[str]
    wants_verified_account: bool
    has_room: bool = True
    exclusive_group: str = ""


@dataclass(frozen=True, slots=True)
class Applicant:
    """A device and what stands behind it. `scope` None: consent is not asked about; no `choice`: any program but those
    that were `left`.
    """

    device_type: str
    commands: frozenset[str]
    scope: frozenset[str] | None = None
    choice: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()
    account_verified: bool = False
    groups_taken: frozenset[str] = frozenset()


def usable(commands: Iterable[str], *, controllable: bool) -> frozenset[str]:
    """The commands that count: none where the device is not controllable."""
    return frozenset(commands) if controllable else frozenset()


def device_reasons(terms: Terms, applicant: Applicant) -> tuple[Against, ...]:
    """The reasons that lie in the device itself: with none, the program takes this device."""
    reasons = []
    if applicant.device_type not in terms.device_types:
        reasons.append(Against.DEVICE_TYPE)
    if not terms.required_commands <= applicant.commands:
        reasons.append(Against.COMMANDS)
    return tuple(reasons)


def reasons_against(terms: Terms, applicant: Applicant) -> tuple[Against, ...]:
    """Every reason why the applicant cannot join now, the device's own first."""
    reasons = list(device_reasons(terms, applicant))
    if applicant.scope is not None and terms.type not in applicant.scope:
        reasons.append(Against.SCOPE)
    if applicant.choice and terms.program_id not in applicant.choice:
        reasons.append(Against.NOT_CHOSEN)
    if terms.program_id in applicant.left:
        reasons.append(Against.LEFT)
    if not terms.has_room:
        reasons.append(Against.NO_ROOM)
    if terms.exclusive_group and terms.exclusive_group in applicant.groups_taken:
        reasons.append(Against.GROUP_TAKEN)
    if terms.wants_verified_account and not applicant.account_verified:
        reasons.append(Against.ACCOUNT)
    return tuple(reasons)
