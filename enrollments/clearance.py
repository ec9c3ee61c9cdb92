"""What an enrollment allows to be done with its device, written down to where the layers below obey it."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Max

from devices.clearance import NOTHING, Clearance
from devices.models.device import CLEARANCE, Device
from enrollments.consent import Standing
from enrollments.models import Enrollment, ExpiryNotice
from enrollments.models.expiry import LAST_NOTICE
from enrollments.states import State
from programs.models import Participation

ENDED = (State.REVOKED, State.OPTED_OUT)


def clear(
    enrollment: Enrollment, *, standing: Standing, participations: Collection[Participation], now: datetime
) -> None:
    """As its state and its consent stand. With an enrollment that is yet to be written its device is, too.

    It is read from the consent on, in whatever state: participation begins with the first reading after assignment,
    and what was suspended comes back by one.
    """
    clearance = NOTHING
    if enrollment.state not in ENDED and standing.is_valid:
        device = enrollment.device
        clearance = Clearance(
            may_read=device.telemetry,
            may_control=device.controllable and enrollment.state == State.ACTIVE,
            program_types=standing.program_types,
            until=_runs_out_at(enrollment, standing, participations, now=now),
        )
    if enrollment._state.adding:
        enrollment.device.clear(clearance)
    else:
        write(enrollment.device, clearance)


def write(device: Device, clearance: Clearance) -> None:
    if device.clear(clearance):
        device.save(update_fields=CLEARANCE)


def _runs_out_at(
    enrollment: Enrollment, standing: Standing, participations: Collection[Participation], *, now: datetime
) -> datetime | None:
    """By the strictest of its programs, and never earlier than the partner was told (enrollments/ageing)."""
    limits = [lasts for each in participations if (lasts := each.program.consent_lasts_days) is not None]
    if not limits or standing.granted_at is None:
        return None
    told = None if enrollment._state.adding else _told(enrollment, standing.granted_at)
    return max(standing.granted_at + timedelta(days=min(limits)), told or now + LAST_NOTICE)


def _told(enrollment: Enrollment, granted_at: datetime) -> datetime | None:
    last = ExpiryNotice.objects.filter(enrollment=enrollment, granted_at=granted_at, days_before=LAST_NOTICE.days)
    expires_at: datetime | None = last.aggregate(at=Max("expires_at"))["at"]
    return expires_at
