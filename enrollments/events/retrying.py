"""Staff have an event that waits tried again at once."""

from datetime import datetime

from django.db import transaction

from enrollments.models import PartnerEvent
from texture_portal import jobs
from texture_portal.refusals import Refusal


@transaction.atomic
def retry(event: PartnerEvent, *, now: datetime) -> PartnerEvent:
    event = PartnerEvent.objects.select_for_update().get(pk=event.pk)
    if event.attempt_at is None:
        raise Refusal("state_conflict", "The event does not wait: there is nothing to try.")
    event.attempt_at = now
    event.save(update_fields=["attempt_at"])
    jobs.wake("events")
    return event
