"""What makes a consent valid, and what several of them amount to (§11.5, §11.8)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from texture_portal.clock import to_wire
from texture_portal.refusals import Fault, Refusal

MAX_AGE = timedelta(days=90)  # §11.5, Freshness
CLOCK_SKEW = timedelta(seconds=30)  # contract §3, Consent rules
CERTIFICATION_VERSION = "2025-12"  # of §11.5 (1-5), which the partner certifies by submitting


class ConsentStatus(StrEnum):
    NONE = "none"
    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Claim:
    """A customer's opt-in as a partner states it. `evidence` is as sent: method, ipAddress, userAgent."""

    granted_at: datetime
    source: str
    terms_version: str
    program_types: tuple[str, ...]
    evidence: dict[str, str] = field(default_factory=dict)


def check(
    claim: Claim, *, now: datetime, signed_at: datetime, revoked_at: datetime | None, pointer: str = "/consent"
) -> None:
    """Raises `Refusal` with every rule that the claim breaks; the first sets the code.

    `signed_at` is the signature's `created`, in whole seconds; `revoked_at` the latest revocation known for the device;
    `pointer` is where the consent stands in the request.
    """
    faults = tuple(_faults(claim, now=now, signed_at=signed_at, revoked_at=revoked_at, at=pointer))
    if faults:
        raise Refusal(faults[0].code, faults[0].detail, faults)


def _faults(
    claim: Claim, *, now: datetime, signed_at: datetime, revoked_at: datetime | None, at: str
) -> Iterator[Fault]:
    granted_at, pointer = claim.granted_at, f"{at}/grantedAt"
    if granted_at > now + CLOCK_SKEW:
        yield Fault(pointer, "consent_in_future", f"The consent is dated {to_wire(granted_at)}, which is yet to come.")
    elif granted_at.replace(microsecond=0) > signed_at:
        yield Fault(
            pointer,
            "consent_in_future",
            f"The consent of {to_wire(granted_at)} is later than the request, signed at {to_wire(signed_at)}.",
        )
    if granted_at < now - MAX_AGE:
        yield Fault(
            pointer,
            "consent_stale",
            f"The consent of {to_wire(granted_at)} is over {MAX_AGE.days} days old: obtain a fresh one.",
        )
    if not claim.program_types:
        yield Fault(f"{at}/programTypes", "consent_scope_empty", "The consent names no program type.")
    if revoked_at is not None and granted_at <= revoked_at:
        yield Fault(
            pointer,
            "consent_revoked",
            f"The customer revoked at {to_wire(revoked_at)}: only a consent granted later counts.",
        )


@dataclass(frozen=True, slots=True)
class Grant:
    """A standing consent by one path, as far as validity goes."""

    path: str
    granted_at: datetime
    program_types: tuple[str, ...]
    expired_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What all grants of an enrollment amount to; `granted_at` is the most recent, which governs (§11.8)."""

    status: ConsentStatus
    granted_at: datetime | None = None
    program_types: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()

    @property
    def is_valid(self) -> bool:
        return self.status is ConsentStatus.VALID


def standing(grants: Iterable[Grant], *, revoked_at: datetime | None) -> Standing:
    """Scopes of valid grants add up; a revocation strikes every grant not later than it, whatever its path."""
    grants = sorted(grants, key=lambda grant: (grant.granted_at, grant.path))
    unrevoked = [grant for grant in grants if revoked_at is None or grant.granted_at > revoked_at]
    valid = [grant for grant in unrevoked if grant.expired_at is None or grant.granted_at > grant.expired_at]
    if valid:
        return _sum_of(valid, ConsentStatus.VALID)
    if unrevoked:
        return _sum_of(unrevoked, ConsentStatus.EXPIRED)
    return Standing(ConsentStatus.NONE if revoked_at is None else ConsentStatus.REVOKED)


def _sum_of(grants: list[Grant], status: ConsentStatus) -> Standing:
    return Standing(
        status,
        granted_at=grants[-1].granted_at,
        program_types=tuple(sorted({each for grant in grants for each in grant.program_types})),
        paths=tuple(sorted({grant.path for grant in grants})),
    )
