from enrollments.models.consent import Consent
from enrollments.models.enrollment import Enrollment
from enrollments.models.review import ReviewCase

__all__ = ["Consent", "Enrollment", "ReviewCase"]
