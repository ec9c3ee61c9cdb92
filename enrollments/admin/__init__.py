"""The console's pages about enrollments. They look up, call one verb, and say what happened."""

from enrollments.admin.certification import CertificationRunAdmin
from enrollments.admin.consents import ConsentAdmin, ConsentHistoryAdmin
from enrollments.admin.duties import RevocationDutyAdmin
from enrollments.admin.enrollments import EnrollmentAdmin
from enrollments.admin.events import PartnerEventAdmin
from enrollments.admin.imports import EnrollmentFileAdmin
from enrollments.admin.partner import StandingPartnerAdmin
from enrollments.admin.proof import CheckpointAdmin, EvidenceAccessAdmin, TermsAdmin
from enrollments.admin.queue import ReviewCaseAdmin
from enrollments.admin.records import EvidenceRecordAdmin, EvidenceRequestAdmin
from enrollments.admin.scores import ScoreAdmin

__all__ = [
    "CertificationRunAdmin",
    "CheckpointAdmin",
    "ConsentAdmin",
    "ConsentHistoryAdmin",
    "EnrollmentAdmin",
    "EnrollmentFileAdmin",
    "EvidenceAccessAdmin",
    "EvidenceRecordAdmin",
    "EvidenceRequestAdmin",
    "PartnerEventAdmin",
    "ReviewCaseAdmin",
    "RevocationDutyAdmin",
    "ScoreAdmin",
    "StandingPartnerAdmin",
    "TermsAdmin",
]
