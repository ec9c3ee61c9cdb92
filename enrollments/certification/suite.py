"""Requirements about a partner's own requests: enrollment, retries, events, consent (§11)."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from devices.certification.facts import CallMade, Subject
from devices.certification.requirement import Vocabulary, requirements_in
from devices.certification.suite import Assignment
from devices.certification.trying import Suite
from enrollments.certification import criteria, records
from enrollments.models import Enrollment, PartnerEvent, RevocationDuty

DOCUMENTS = Path(__file__).parent / "documents"


def it_enrolls_devices(subject: Subject) -> str:
    has = Enrollment.objects.filter(device__partner_id=subject.partner).exclude(method="oauth").exists()
    return (
        "" if has else "The partner has enrolled nothing through the API: OEM-initiated enrollment is optional (§11.1)."
    )


def it_reports_events(subject: Subject) -> str:
    has = PartnerEvent.objects.filter(partner_id=subject.partner).exists()
    return it_enrolls_devices(subject) if not has else ""


def consents_were_revoked(subject: Subject) -> str:
    has = RevocationDuty.objects.filter(enrollment__device__partner_id=subject.partner).exists()
    return "" if has else "No consent of this partner's customers was revoked yet."


VOCABULARY = Vocabulary(
    applies={each.__name__: each for each in (it_enrolls_devices, it_reports_events, consents_were_revoked)},
    steps={
        each.__name__: each
        for each in (
            records.look_at_enrollments, records.look_at_events, records.look_at_consents, records.look_at_revocations,
        )
    },
    criteria={
        each.__name__: each
        for each in (
            criteria.enrolls, criteria.enrollments_are_repeated_safely, criteria.keys_are_right,
            criteria.events_are_repeated_safely, criteria.consents_are_whole, criteria.consents_are_valid,
            criteria.revocations_are_honoured,
        )
    },
)  # fmt: skip


@cache
def of_records() -> Suite:
    return Suite("records", tuple(requirements_in(DOCUMENTS, VOCABULARY)), VOCABULARY, _desk)


def _desk(assignment: Assignment, earlier: Sequence[CallMade]) -> records.RecordDesk:
    return records.RecordDesk(assignment.partner, assignment.run.maker, assignment.now)
