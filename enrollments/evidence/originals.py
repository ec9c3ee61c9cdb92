"""What a chain rests on, as a bundle shows it: signed requests and records, sealed, opened, with their keys."""

import base64
import json
from collections.abc import Iterable
from typing import Any

from enrollments.evidence.sections import Section, opened
from enrollments.models import Enrollment, EvidenceRecord, PartnerEvent
from enrollments.models.ledger import LedgerEntry
from partners.evidence import EvidenceBrokenError, place_of, reverify
from partners.models import SignedRequest
from partners.models.customer import CustomerErasedError
from texture_portal.fingerprints import plain_columns
from texture_portal.vault import SealBrokenError


def requests(enrollment: Enrollment, entries: Iterable[LedgerEntry]) -> Section:
    """What entries name, what events came by, and what else came with the requests that entries were made by."""
    entries = list(entries)
    named = [getattr(entry, "signed_request_id", None) for entry in entries] + [entry.original_id for entry in entries]
    named += PartnerEvent.objects.filter(enrollment=enrollment).values_list("signed_request", flat=True)
    named += EvidenceRecord.objects.filter(enrollment=enrollment).values_list("signed_request", flat=True)
    rows = SignedRequest.objects.filter(pk__in={each for each in named if each}) | SignedRequest.objects.filter(
        customer=enrollment.customer_id, request_id__in=[entry.request_id for entry in entries if entry.request_id]
    )
    return [_request(each) for each in rows.select_related("customer").order_by("id")]


def _request(original: SignedRequest) -> dict[str, Any]:
    standing, key, plaintext = opened(original.customer, original.sealed_message, place=place_of(original.pk))
    columns = {field.attname: getattr(original, field.attname) for field in original._meta.concrete_fields}
    sealed = bytes(columns.pop("sealed_message"))
    return {
        "columns": plain_columns({name: value for name, value in columns.items() if name != "digest"}),
        "digest": bytes(original.digest).hex(),
        "sealedMessage": base64.b64encode(sealed).decode(),
        "standing": standing,
        "openingKey": key,
        "message": json.loads(plaintext) if plaintext is not None else None,
        "verdict": _verdict(original),
    }


def records(enrollment: Enrollment) -> Section:
    """What the partner has kept of the consents and sent, each sealed and opened."""
    rows = EvidenceRecord.objects.filter(enrollment=enrollment).select_related("enrollment__customer")
    return [_record(each) for each in rows.order_by("received_at", "id")]


def _record(record: EvidenceRecord) -> dict[str, Any]:
    standing, key, plaintext = opened(record.enrollment.customer, record.sealed_content, place=record.place)
    columns = {field.attname: getattr(record, field.attname) for field in record._meta.concrete_fields}
    sealed = bytes(columns.pop("sealed_content"))
    return {
        "columns": plain_columns({name: value for name, value in columns.items() if name != "digest"}),
        "digest": bytes(record.digest).hex(),
        "sealedContent": base64.b64encode(sealed).decode(),
        "standing": standing,
        "openingKey": key,
        "content": json.loads(plaintext) if plaintext is not None else None,
    }


def _verdict(original: SignedRequest) -> str:
    """What the portal itself finds: `signature`, `receipt`, `erased` or `broken`."""
    try:
        return str(reverify(original).value)
    except EvidenceBrokenError:
        return "broken"
    except (CustomerErasedError, SealBrokenError):
        return "erased"
