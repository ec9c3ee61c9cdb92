"""The parts of a bundle, each a JSON document: what the chain holds, and what it says in words."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from enrollments.ledger import place_of_words
from enrollments.models import Consent, Enrollment, Terms
from enrollments.models.ledger import LedgerEntry, digested_columns
from partners.models import Customer
from partners.models.customer import CustomerErasedError
from texture_portal import vault
from texture_portal.fingerprints import plain, plain_columns
from texture_portal.vault import SealBrokenError

Section = Any  # a JSON document


def entries_of(enrollment: Enrollment) -> list[LedgerEntry]:
    """Both tables of the chain, in its order."""
    tables = (Enrollment.history.model, Consent.history.model)
    rows = [entry for table in tables for entry in table.objects.filter(ledger_id=enrollment.pk)]
    return sorted(rows, key=lambda entry: (entry.sequence, entry.pk))


def chain(entries: Iterable[LedgerEntry]) -> Section:
    return [
        {
            "columns": {
                **plain_columns({name: getattr(entry, name) for name in digested_columns(type(entry))}),
                "table": entry._meta.db_table,
            },
            "digest": bytes(entry.digest).hex(),
        }
        for entry in entries
    ]


def consents(entries: Iterable[LedgerEntry], *, customer: Customer, terms: dict[str, list[Terms]]) -> Section:
    return [_consent(entry, customer, terms) for entry in entries if isinstance(entry, Consent.history.model)]


def states(entries: Iterable[LedgerEntry], *, customer: Customer) -> Section:
    return list(_states((entry for entry in entries if isinstance(entry, Enrollment.history.model)), customer))


def texts(terms: Iterable[Terms]) -> Section:
    return [
        {
            "id": str(each.pk),
            "version": each.version,
            "of": each.kind,
            "ofId": str(each.partner_id or each.program_id),
            "addedAt": plain(each.added_at),
            "sha256": bytes(each.digest).hex(),
            "text": each.text,
        }
        for each in terms
    ]


def opened(
    customer: Customer | None, sealed: bytes | memoryview | None, *, place: str
) -> tuple[str, str | None, bytes | None]:
    """How it stands (`opened`, `none`, `erased`), the key that opens this one value, and what is in it."""
    if sealed is None:
        return "none", None, None
    try:
        if customer is None:
            key, plaintext = vault.opening_key_of_sealed(sealed, place=place), vault.open_sealed(sealed, place=place)
        else:
            key, plaintext = customer.opening_key(sealed, place=place), customer.open(sealed, place=place)
    except (CustomerErasedError, SealBrokenError):
        return "erased", None, None
    return "opened", key.hex() if key else None, plaintext


def _who(entry: LedgerEntry, customer: Customer) -> dict[str, Any]:
    place = place_of_words(entry.ledger_id, entry.sequence)
    standing, key, plaintext = opened(customer, entry.sealed_words, place=place)
    said = plaintext.decode() if plaintext is not None else None
    return {
        "words": {"standing": standing, "openingKey": key, "opened": said},
        "sequence": entry.sequence,
        "at": plain(entry.history_date),  # type: ignore[attr-defined]
        "why": entry.history_change_reason,
        "actor": entry.actor_role,
        "actorName": entry.actor_name,
        "through": entry.channel,
    }


def _consent(entry: Any, customer: Customer, terms: dict[str, list[Terms]]) -> dict[str, Any]:
    standing, key, plaintext = opened(customer, entry.sealed_evidence, place=f"consent-evidence:{entry.id}")
    return {
        **_who(entry, customer),
        "consentId": str(entry.id),
        "path": entry.path,
        "source": entry.source,
        "programTypes": entry.program_types,
        "grantedAt": plain(entry.granted_at),
        "receivedAt": plain(entry.received_at),
        "revokedAt": plain(entry.revoked_at),
        "revocationSource": entry.revocation_source,
        "expiredAt": plain(entry.expired_at),
        "certificationVersion": entry.certification_version,
        "termsVersion": entry.terms_version,
        "termsSha256": [bytes(each.digest).hex() for each in terms.get(entry.terms_version, [])],
        "evidence": {
            "standing": standing,
            "openingKey": key,
            "opened": json.loads(plaintext) if plaintext is not None else None,
        },
        "requestId": plain(entry.signed_request_id),
    }


def _states(entries: Iterable[Any], customer: Customer) -> Iterator[dict[str, Any]]:
    before = None
    for entry in entries:
        if entry.state != before:
            yield {**_who(entry, customer), "from": before, "to": entry.state, "reason": entry.state_reason}
        before = entry.state
