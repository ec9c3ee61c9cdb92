from enrollments.models.consent import Consent
from enrollments.models.enrollment import Enrollment
from enrollments.models.event import PartnerEvent
from enrollments.models.review import CaseNote, ReviewCase

__all__ = ["CaseNote", "Consent", "Enrollment", "PartnerEvent", "ReviewCase"]
