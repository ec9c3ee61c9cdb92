"""The history of an enrollment: its states and consents, oldest first, with who, why and through what."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from enrollments.ledger import words_of
from enrollments.models import Consent, Enrollment
from partners.models import Customer

UNMOVED = ("evidence_requested", "evidence_supplied")  # entries about a consent's records, not its standing
CONSENT_AFTER = {"consent_revoked": "revoked", "consent_expired": "expired"}


@dataclass(frozen=True, slots=True)
class Moment:
    """`kind` is `state` or `consent`; `before` is None at the beginning. `detail` is what the actor said."""

    at: datetime
    kind: str
    before: str | None
    after: str
    reason: str
    actor: str
    actor_name: str
    channel: str
    detail: str = ""
    source: str | None = None
    terms_version: str | None = None


def timeline(enrollment: Enrollment) -> list[Moment]:
    states = Enrollment.history.filter(ledger_id=enrollment.pk).order_by("sequence")
    consents = Consent.history.filter(ledger_id=enrollment.pk).order_by("sequence")
    moments = [*_of_states(states, enrollment.customer), *_of_consents(consents)]
    return [moment for _, moment in sorted(moments, key=lambda pair: pair[0])]


def _of_states(entries: Iterable[Any], customer: Customer) -> Iterator[tuple[int, Moment]]:
    """An entry that changes something beside the state is no move."""
    before = None
    for entry in entries:
        if entry.state == before:
            continue
        yield (
            entry.sequence,
            Moment(
                at=entry.history_date,
                kind="state",
                before=before,
                after=entry.state,
                reason=entry.state_reason or entry.history_change_reason,
                actor=entry.actor_role,
                actor_name=entry.actor_name,
                channel=entry.channel,
                detail=words_of(entry, customer) or entry.history_change_reason,
            ),
        )
        before = entry.state


def _of_consents(entries: Iterable[Any]) -> Iterator[tuple[int, Moment]]:
    before = "none"
    for entry in entries:
        if entry.history_change_reason in UNMOVED:
            continue
        after = CONSENT_AFTER.get(entry.history_change_reason, "valid")
        yield (
            entry.sequence,
            Moment(
                at=entry.history_date,
                kind="consent",
                before=before,
                after=after,
                reason=entry.history_change_reason,
                actor=entry.actor_role,
                actor_name=entry.actor_name,
                channel=entry.channel,
                source=entry.source,
                terms_version=entry.terms_version,
            ),
        )
        before = after
