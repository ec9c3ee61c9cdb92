"""For how long a device was an enrollment's customer's: it keeps its row, and with it what it tells, when it changes
hands."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from enrollments.models import Enrollment


@dataclass(frozen=True, slots=True)
class Tenure:
    """Half-open. `since` None: nobody had it before, so that readings that come late are theirs too; `until` None:
    nobody has had it since."""

    since: datetime | None
    until: datetime | None

    def within(self, moment: str) -> Q:
        """Rows whose `moment` falls into it."""
        since = Q(**{f"{moment}__gte": self.since}) if self.since else Q()
        return since & (Q(**{f"{moment}__lt": self.until}) if self.until else Q())


def tenure(enrollment: Enrollment) -> Tenure:
    """Until the next enrollment of the device by another customer: between the two nobody else had it."""
    others = Enrollment.objects.filter(device=enrollment.device_id).exclude(customer=enrollment.customer_id)
    after = others.filter(created_at__gt=enrollment.created_at).order_by("created_at")
    had_before = others.filter(created_at__lt=enrollment.created_at).exists()
    return Tenure(
        since=enrollment.created_at if had_before else None,
        until=after.values_list("created_at", flat=True).first(),
    )
