from enrollments.models.access import EvidenceAccess
from enrollments.models.account import Contact, SignInLink
from enrollments.models.checkpoint import Checkpoint, CheckpointLeaf
from enrollments.models.consent import Consent
from enrollments.models.deletion import DeletionRequest, ErasedDevice, PurgedChain
from enrollments.models.deprovisioning import Deprovisioning
from enrollments.models.duty import RevocationDuty
from enrollments.models.enrollment import Enrollment
from enrollments.models.event import PartnerEvent
from enrollments.models.evidence import EvidenceRecord, EvidenceRequest
from enrollments.models.expiry import ExpiryNotice
from enrollments.models.imports import EnrollmentFile, FileChunk, FileRow
from enrollments.models.link import LinkSession
from enrollments.models.review import CaseNote, ReviewCase
from enrollments.models.score import Score
from enrollments.models.scoring import Scoring
from enrollments.models.tally import Tally
from enrollments.models.terms import Terms

__all__ = [
    "CaseNote",
    "Checkpoint",
    "CheckpointLeaf",
    "Consent",
    "Contact",
    "DeletionRequest",
    "Deprovisioning",
    "Enrollment",
    "EnrollmentFile",
    "ErasedDevice",
    "EvidenceAccess",
    "EvidenceRecord",
    "EvidenceRequest",
    "ExpiryNotice",
    "FileChunk",
    "FileRow",
    "LinkSession",
    "PartnerEvent",
    "PurgedChain",
    "ReviewCase",
    "RevocationDuty",
    "Score",
    "Scoring",
    "SignInLink",
    "Tally",
    "Terms",
]
