"""Asking a partner for what it has kept of a consent, and taking it in (§11.5)."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from enrollments import ledger, notices
from enrollments.evidence.access import by_user, note_access
from enrollments.models import Consent, Enrollment, EvidenceAccess, EvidenceRecord, EvidenceRequest
from partners.models import SignedRequest
from texture_portal.actors import Actor
from texture_portal.clock import MOST_AHEAD
from texture_portal.refusals import Refusal

REQUESTED, SUPPLIED = "evidence_requested", "evidence_supplied"


@dataclass(frozen=True, slots=True)
class RecordClaim:
    """What a partner has of a consent, as §11.5 lists it. `content` is everything, as JSON that is sealed whole."""

    method: str
    content: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def ask_for_records(consent: Consent, *, message: str, due_at: datetime, now: datetime, user: User) -> EvidenceRequest:
    """The partner is told by webhook. Raises `Refusal` where it is asked already, or the time has passed."""
    enrollment = Enrollment.objects.locked().get(pk=consent.enrollment_id)
    if due_at <= now:
        raise Refusal("validation_failed", "It must be due in the future.")
    if due_at - now > MOST_AHEAD:
        raise Refusal("validation_failed", "It must be due within two years.")
    if consent.evidence_requests.filter(answered_at__isnull=True).exists():
        raise Refusal("state_conflict", "The partner is asked already, and has not answered yet.")
    asked = EvidenceRequest.objects.create(
        enrollment=enrollment, consent=consent, message=message, asked_at=now, asked_by=user, due_at=due_at
    )
    ledger.note(enrollment, consent, reason=REQUESTED, by=by_user(user), now=now)
    enrollment.save()
    notices.note_evidence_requested(enrollment, request_id=asked.pk, due_at=due_at, message=message)
    notices.tell(enrollment, now=now)
    return asked


def take_record(
    enrollment: Enrollment, claim: RecordClaim, *, signed: SignedRequest, now: datetime, by: Actor
) -> EvidenceRecord:
    """What the partner sent, asked or not; of the consent that it was asked for, else of the one that it gave.

    The caller holds the enrollment's row locked. Raises `Refusal` where there is no consent, or nobody to keep it for.
    """
    asked = enrollment.evidence_requests.filter(answered_at__isnull=True).order_by("due_at").first()
    consent = asked.consent if asked else enrollment.consents.filter(path=Consent.Path.OEM).first()
    if consent is None:
        raise Refusal("state_conflict", "The enrollment has no consent that a record could be of.")
    signed.save()
    return _keep(enrollment, consent, claim, asked=asked, signed=signed, now=now, by=by)


@transaction.atomic
def file_record(consent: Consent, claim: RecordClaim, *, now: datetime, user: User) -> EvidenceRecord:
    """What the partner sent to staff by other ways."""
    enrollment = Enrollment.objects.locked().get(pk=consent.enrollment_id)
    asked = consent.evidence_requests.filter(answered_at__isnull=True).first()
    return _keep(enrollment, consent, claim, asked=asked, signed=None, now=now, by=by_user(user))


def open_record(record: EvidenceRecord, *, now: datetime, by: Actor) -> dict[str, Any]:
    """Who opened it is on record first."""
    what, subject = EvidenceAccess.What.RECORD, str(record.pk)
    note_access(record.enrollment, what=what, subject=subject, now=now, by=by)
    content: dict[str, Any] = json.loads(record.enrollment.customer.open(record.sealed_content, place=record.place))
    return content


def _keep(
    enrollment: Enrollment,
    consent: Consent,
    claim: RecordClaim,
    *,
    asked: EvidenceRequest | None,
    signed: SignedRequest | None,
    now: datetime,
    by: Actor,
) -> EvidenceRecord:
    customer = enrollment.customer
    if customer.sealed_data_key is None:
        raise Refusal("state_conflict", "The customer was erased: nothing personal is kept of them any more.")
    record = EvidenceRecord(
        enrollment=enrollment,
        consent=consent,
        request=asked,
        method=claim.method,
        received_at=now,
        actor_role=by.role,
        actor_name=by.name,
        channel=by.channel,
        signed_request=signed,
        signed_request_digest=bytes(signed.digest) if signed else None,
    )
    record.sealed_content = customer.seal(json.dumps(claim.content, sort_keys=True).encode(), place=record.place)
    record.digest = record.compute_digest()
    record.save(force_insert=True)
    ledger.note(enrollment, consent, reason=SUPPLIED, by=by, now=now, original=record)
    enrollment.save()
    if asked is not None:
        asked.answered_at = now
        asked.save(update_fields=["answered_at"])
    return record
