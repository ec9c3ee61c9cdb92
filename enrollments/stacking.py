"""The end user's own consent, by OAuth, beside the OEM's: both in one enrollment (§11.8)."""

from datetime import datetime

from django.db import transaction

from enrollments import lifecycle
from enrollments.consent import Claim
from enrollments.consents import give_consent
from enrollments.models import Consent, Enrollment
from texture_portal.actors import Actor


@transaction.atomic
def consent_by_oauth(enrollment: Enrollment, claim: Claim, *, now: datetime, by: Actor) -> Enrollment:
    """Adds to what the OEM stated: scopes add up, the latest grant governs, `method` becomes `hybrid`.

    The evidence is what the claim carries: no partner signed anything. Raises `Refusal` as `give_consent` does.
    """
    enrollment = Enrollment.objects.locked().get(pk=enrollment.pk)
    give_consent(enrollment, claim, path=Consent.Path.OAUTH, evidence=None, signed_at=now, now=now, by=by)
    return enrollment


@transaction.atomic
def revoke_by_oauth(enrollment: Enrollment, *, revoked_at: datetime, now: datetime, by: Actor) -> Enrollment:
    """The end user takes it back on our page, or at the OEM: whatever was granted until then, by either path."""
    enrollment = Enrollment.objects.locked().get(pk=enrollment.pk)
    lifecycle.revoke_consent(enrollment, revoked_at=revoked_at, source="oauth", now=now, by=by)
    return enrollment
