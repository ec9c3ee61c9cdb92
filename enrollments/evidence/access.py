"""Whoever is shown personal evidence is on record before it is opened (§9)."""

from datetime import datetime

from django.contrib.auth.models import User

from enrollments.models import Enrollment, EvidenceAccess
from texture_portal.actors import Actor, staff


def note_access(
    enrollment: Enrollment, *, what: EvidenceAccess.What, now: datetime, by: Actor, subject: str = "", reason: str = ""
) -> EvidenceAccess:
    return EvidenceAccess.objects.create(
        enrollment=enrollment,
        what=what,
        subject=subject,
        reason=reason,
        at=now,
        actor_role=by.role,
        actor_name=by.name,
        channel=by.channel,
        user_id=by.user_id,
    )


def by_user(user: User) -> Actor:
    return staff(user_id=user.pk, name=user.get_username())
