"""What an enrollment allows to be done with its device, written down to where the layers below obey it."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Max

from devices.clearance import NOTHING, Clearance
from devices.commands import cancelling
from devices.models.device import CLEARANCE, Device
from enrollments.consent import Standing
from enrollments.models import Enrollment, ExpiryNotice
from enrollments.models.expiry import LAST_NOTICE
from enrollments.states import State
from programs.models import Participation
from texture_portal.actors import Actor

ENDED = (State.REVOKED, State.OPTED_OUT)


def clear(
    enrollment: Enrollment,
    *,
    standing: Standing,
    participations: Collection[Participation],
    now: datetime,
    by: Actor,
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
            may_control=device.controllable and _takes_part(enrollment),
            program_types=standing.program_types,
            until=_runs_out_at(enrollment, standing, participations, now=now),
        )
    since = _awaited_since(enrollment, participations)
    if enrollment._state.adding:
        enrollment.device.clear(clearance, awaited_since=since)
    else:
        narrow(enrollment.device, clearance, reason=enrollment.state_reason, now=now, by=by, awaited_since=since)


def narrow(
    device: Device,
    clearance: Clearance,
    *,
    reason: str,
    now: datetime,
    by: Actor,
    awaited_since: datetime | None = None,
) -> None:
    """What is no longer allowed is cancelled with it: running commands, too (contract §4)."""
    was_controlled = device.may_control
    if write(device, clearance, awaited_since=awaited_since) and was_controlled:
        allowed = device.cleared_types if device.may_control else []
        cancelling.cancel_for_devices([device], but=allowed, reason=reason or "not_cleared", now=now, by=by)


def write(device: Device, clearance: Clearance, *, awaited_since: datetime | None = None) -> bool:
    """Whether it changed."""
    is_changed: bool = device.clear(clearance, awaited_since=awaited_since)
    if is_changed:
        device.save(update_fields=CLEARANCE)
    return is_changed


def _takes_part(enrollment: Enrollment) -> bool:
    """A device that tells no telemetry begins by the first command that it carries out (contract §3)."""
    if enrollment.state == State.ENROLLED:
        return not enrollment.device.telemetry
    return bool(enrollment.state == State.ACTIVE)


def _awaited_since(enrollment: Enrollment, participations: Collection[Participation]) -> datetime | None:
    """As `facts` has it: participation begins, or what was silent is back, with a sign of life from then on."""
    if enrollment.state == State.ENROLLED:
        return min((each.joined_at for each in participations), default=None)
    if enrollment.state == State.SUSPENDED and enrollment.compliance_hold_at is None:
        return enrollment.connectivity_lost_at
    return None


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
