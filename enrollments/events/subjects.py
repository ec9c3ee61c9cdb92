"""Which enrollment an event is about."""

from datetime import datetime

from enrollments.models import Enrollment
from enrollments.states import State
from partners.models import Partner


def enrollment_of(partner: Partner, manufacturer_device_id: str, *, fact_at: datetime) -> Enrollment | None:
    """The device's enrollment at that time: of several, one that ended later than that, else the newest.

    So what comes late about a former owner's enrollment does nothing to the new owner's.
    """
    theirs = Enrollment.objects.filter(
        device__partner=partner, device__manufacturer_device_id=manufacturer_device_id
    ).select_related("customer")
    in_order = list(theirs.order_by("created_at", "id"))
    of_then = (each for each in in_order[:-1] if _ended_at(each) >= fact_at)
    return next(of_then, in_order[-1] if in_order else None)


def _ended_at(enrollment: Enrollment) -> datetime:
    ended: datetime = (
        Enrollment.history.filter(ledger_id=enrollment.pk, state=State.REVOKED).earliest("sequence").history_date
    )
    return ended
