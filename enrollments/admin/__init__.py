"""The console's pages about enrollments. They look up, call one verb, and say what happened."""

from enrollments.admin.certification import CertificationRunAdmin
from enrollments.admin.consents import ConsentAdmin, ConsentHistoryAdmin
from enrollments.admin.deletions import DeletionRequestAdmin
from enrollments.admin.deprovisioning import DeprovisioningAdmin
from enrollments.admin.duties import RevocationDutyAdmin
from enrollments.admin.enrollments import EnrollmentAdmin
from enrollments.admin.events import PartnerEventAdmin
from enrollments.admin.imports import EnrollmentFileAdmin
from enrollments.admin.partner import StandingPartnerAdmin
from enrollments.admin.people import CustomerAdmin
from enrollments.admin.proof import CheckpointAdmin, EvidenceAccessAdmin, TermsAdmin
from enrollments.admin.queue import ReviewCaseAdmin
from enrollments.admin.records import EvidenceRecordAdmin, EvidenceRequestAdmin
from enrollments.admin.scores import ScoreAdmin
from enrollments.admin.visits import LinkSessionAdmin

__all__ = [
    "CertificationRunAdmin",
    "CheckpointAdmin",
    "ConsentAdmin",
    "ConsentHistoryAdmin",
    "CustomerAdmin",
    "DeletionRequestAdmin",
    "DeprovisioningAdmin",
    "EnrollmentAdmin",
    "EnrollmentFileAdmin",
    "EvidenceAccessAdmin",
    "EvidenceRecordAdmin",
    "EvidenceRequestAdmin",
    "LinkSessionAdmin",
    "PartnerEventAdmin",
    "ReviewCaseAdmin",
    "RevocationDutyAdmin",
    "ScoreAdmin",
    "StandingPartnerAdmin",
    "TermsAdmin",
]
