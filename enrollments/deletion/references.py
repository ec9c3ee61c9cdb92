"""Finding what became of an erased person by the partner's word for them: only who has that word, and our keys, can."""

from collections.abc import Iterable
from uuid import UUID

from enrollments.models import DeletionRequest
from texture_portal import lasting_names, sealed_columns

PURPOSE = "the reference of an erased customer"


def keep_reference(request: DeletionRequest, partner_id: UUID, reference: str) -> None:
    """Its name and its essence, on the row; the caller saves it."""
    essence = lasting_names.essence_of(_words(partner_id, reference), purpose=PURPOSE)
    request.reference_digest = lasting_names.names_of(essence, purpose=PURPOSE)[0]
    sealed_columns.seal(request, "sealed_reference", essence)


def reference_digests(partner_ids: Iterable[UUID], reference: str) -> list[str]:
    """At any of these partners, by every key that the portal has."""
    return [
        name
        for partner_id in partner_ids
        for name in lasting_names.every_name(_words(partner_id, reference), purpose=PURPOSE)
    ]


def _words(partner_id: UUID, reference: str) -> str:
    return f"{partner_id}|{reference}"
