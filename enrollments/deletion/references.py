"""Finding what became of an erased person by the partner's word for them: only who has that word, and our keys, can."""

from collections.abc import Iterable
from uuid import UUID

from texture_portal import vault

PURPOSE = "the reference of an erased customer"


def reference_digest(partner_id: UUID, reference: str) -> str:
    return reference_digests([partner_id], reference)[0]


def reference_digests(partner_ids: Iterable[UUID], reference: str) -> list[str]:
    """At any of these partners, by every key that the portal has."""
    return [
        each.hex()
        for partner_id in partner_ids
        for each in vault.derived_keys(f"{partner_id}|{reference}", purpose=PURPOSE)
    ]
