"""Beginning anew: whatever a partner has going in the sandbox ends, so that the same devices can be enrolled again.

What happened stays in the history, which is append-only here, too.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from enrollments import lifecycle
from enrollments.models import Enrollment
from enrollments.partner_sandbox import stage
from partners.models import Partner, WebhookEndpoint
from partners.webhooks import endpoints
from texture_portal.actors import Actor

AT_ONCE = 200  # enrollments a call: a request is answered within seconds
REASON = "sandbox_reset"


@dataclass(frozen=True, slots=True)
class Reset:
    """`left`: how many enrollments are still open; call again until none is."""

    ended: int
    left: int
    endpoints_removed: int


@transaction.atomic
def reset(partner: Partner, *, now: datetime, by: Actor) -> Reset:
    """Raises `NoStageError` in a database that is no sandbox's."""
    stage.check_database()
    mine = Enrollment.objects.open().filter(partner=partner)
    ended = list(Enrollment.objects.locked().open().filter(partner=partner).order_by("pk")[:AT_ONCE])
    for enrollment in ended:
        lifecycle.revoke(enrollment, reason=REASON, now=now, by=by)
    removed = list(WebhookEndpoint.objects.filter(partner=partner))
    for endpoint in removed:
        endpoints.remove(endpoint, now=now, by=by)
    return Reset(len(ended), mine.count(), len(removed))
