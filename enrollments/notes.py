"""Notes on a review case: what somebody found out, for whoever decides it or has to understand the decision."""

from datetime import datetime

from django.contrib.auth.models import User

from enrollments.models import CaseNote, ReviewCase
from texture_portal.refusals import Refusal


def add_note(case: ReviewCase, *, text: str, now: datetime, user: User) -> CaseNote:
    """Also on a decided case: what comes to light later belongs to it. Nobody can change or remove it."""
    if not text.strip():
        raise Refusal("validation_failed", "A note says something.")
    return CaseNote.objects.create(case=case, text=text.strip(), written_by=user, written_at=now)
