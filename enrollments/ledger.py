"""Writing the audit chain: each change is a history row that holds the digest of the one before."""

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from enrollments.models.ledger import LedgerEntry
from partners.models.customer import CustomerErasedError
from texture_portal.actors import Actor
from texture_portal.vault import SealBrokenError

if TYPE_CHECKING:
    from enrollments.models import Consent, Enrollment
    from partners.models import Customer


class Original(Protocol):
    """What an entry may rest on: a row that never changes, and its digest."""

    @property
    def id(self) -> UUID: ...

    @property
    def digest(self) -> "bytes | memoryview": ...


def note(
    enrollment: "Enrollment",
    changed: "Enrollment | Consent",
    *,
    reason: str,
    by: Actor,
    now: datetime,
    original: Original | None = None,
    words: str = "",
) -> LedgerEntry:
    """Seals the present columns of `changed` as the next entry of the enrollment's chain.

    `reason` is a code; `words`, what somebody said of it, are sealed: an entry stays, and words may name a person.
    It holds the digest of what it rests on: `original`, or the request that whoever acts acts by.
    The entry is written with the enrollment's row, by its next `save()`: the caller holds that row locked, or made it.
    """
    history = _history_of(type(changed))
    is_first = changed._state.adding and (changed is not enrollment or enrollment.ledger_length == 0)
    columns = {
        **{field.attname: getattr(changed, field.attname) for field in history.tracked_fields},
        "history_date": now,
        "history_type": "+" if is_first else "~",
        "history_change_reason": reason,
        "history_user_id": by.user_id,
        "ledger_id": enrollment.pk,
        "sequence": enrollment.ledger_length + 1,
        "previous_digest": bytes(enrollment.ledger_head),
        "actor_role": by.role,
        "actor_name": by.name,
        "channel": by.channel,
        "request_id": by.request_id,
        "original_id": original.id if original else by.original_id,
        "original_digest": bytes(original.digest) if original else by.original_digest,
        "sealed_words": _sealed(enrollment, words) if words else None,
    }
    entry: LedgerEntry = history(*map(columns.get, _columns_of(history)))  # by place: twice as fast as by name
    entry.digest = entry.compute_digest()
    enrollment.ledger_length, enrollment.ledger_head = entry.sequence, entry.digest
    enrollment.unwritten_entries.append(entry)
    return entry


def words_of(entry: LedgerEntry, customer: "Customer") -> str:
    """What was said of it; "" where nothing was, or where nobody can read it any more."""
    if entry.sealed_words is None:
        return ""
    try:
        return customer.open(entry.sealed_words, place=place_of_words(entry.ledger_id, entry.sequence)).decode()
    except (CustomerErasedError, SealBrokenError):
        return ""


def place_of_words(ledger_id: UUID, sequence: int) -> str:
    return f"ledger-words:{ledger_id}:{sequence}"


def _sealed(enrollment: "Enrollment", words: str) -> bytes | None:
    """Of an erased person nothing more is said."""
    customer = enrollment.customer
    if customer.sealed_data_key is None:
        return None
    return customer.seal(words.encode(), place=place_of_words(enrollment.pk, enrollment.ledger_length + 1))


@cache
def _history_of(model: "type[Enrollment | Consent]") -> Any:
    """Asked once: simple-history makes a new manager at every `model.history`."""
    return model.history.model


@cache
def _columns_of(history: type[LedgerEntry]) -> tuple[str, ...]:
    return tuple(field.attname for field in history._meta.concrete_fields)
