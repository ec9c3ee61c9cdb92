from enrollments.models.consent import Consent
from enrollments.models.enrollment import Enrollment
from enrollments.models.event import PartnerEvent
from enrollments.models.review import ReviewCase

__all__ = ["Consent", "Enrollment", "PartnerEvent", "ReviewCase"]
