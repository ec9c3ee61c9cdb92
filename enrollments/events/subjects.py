"""Which enrollment an event is about."""

from datetime import datetime

from enrollments.models import Enrollment
from enrollments.states import State
from partners.models import Partner


def enrollment_of(
    partner: Partner, manufacturer_device_id: str, *, fact_at: datetime, strikes_grants: bool
) -> Enrollment | None:
    """The device's enrollment at that time: of several, one that ended later than that, else the newest.

    So what comes late about a former owner's enrollment does nothing to the new owner's. But what `strikes_grants` is
    about the newest wherever that rests on a grant not later than it: had it come first, the grant would be refused.
    """
    theirs = Enrollment.objects.filter(
        device__partner=partner, device__manufacturer_device_id=manufacturer_device_id
    ).select_related("customer")
    in_order = list(theirs.order_by("created_at", "id"))
    if strikes_grants and in_order and in_order[-1].consents.filter(granted_at__lte=fact_at).exists():
        return in_order[-1]
    of_then = (each for each in in_order[:-1] if _ended_at(each) >= fact_at)
    return next(of_then, in_order[-1] if in_order else None)


def _ended_at(enrollment: Enrollment) -> datetime:
    ended: datetime = (
        Enrollment.history.filter(ledger_id=enrollment.pk, state=State.REVOKED).earliest("sequence").history_date
    )
    return ended
