"""Devices that report no more, and those that do again (§11.6: offline over 72 hours)."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Greatest

from devices.models import SignOfLife
from enrollments import facts, lifecycle
from enrollments.models import Enrollment
from enrollments.states import State
from texture_portal.actors import Actor
from texture_portal.jobs import one_by_one

SILENT_AFTER = timedelta(hours=72)  # §11.6
BATCH = 100


def suspend_silent(*, now: datetime, by: Actor) -> int:
    """One batch of active ones whose device is silent for too long. One without telemetry has nothing to report."""
    silent = Enrollment.objects.filter(state=State.ACTIVE, device__telemetry=True).annotate(
        heard_at=Greatest("device__last_reading_at", "connectivity_restored_at")
    )
    return _advance_each(silent.filter(heard_at__lt=now - SILENT_AFTER), now=now, by=by)


def wake_heard(*, now: datetime, by: Actor) -> int:
    """One batch whose device has reported since: suspended ones are active again, enrolled ones take part at last."""
    heard = Q(device__last_reading_at__gt=F("advanced_at")) | Q(device__last_command_completed_at__gt=F("advanced_at"))
    back = Q(
        state=State.SUSPENDED,
        state_reason=facts.CONNECTIVITY_LOST,
        device__last_reading_at__gt=F("connectivity_lost_at"),
    )
    moves_on = Enrollment.objects.filter(back | Q(heard, state=State.ENROLLED))
    return _advance_each(moves_on, now=now, by=by)


def answer_signs(*, now: datetime, by: Actor) -> int:
    """One batch of enrollments whose device gave the sign that they waited for: at once, where `wake_heard` is later.

    The row goes once the enrollment has moved, by itself, so that whoever keeps readings never waits for a walk.
    """

    def act_on(sign: SignOfLife) -> None:
        with transaction.atomic():
            for enrollment in Enrollment.objects.open().locked().filter(device=sign.device_id):
                lifecycle.advance(enrollment, now=now, by=by)
        SignOfLife.objects.filter(device=sign.device_id, heard_at=sign.heard_at).delete()

    chosen = list(SignOfLife.objects.order_by("heard_at", "device")[:BATCH])
    return one_by_one(chosen, act_on, named=lambda sign: f"device {sign.device_id}")


def _advance_each(rows: QuerySet[Enrollment], *, now: datetime, by: Actor) -> int:
    """Each in a transaction of its own."""

    @transaction.atomic
    def act_on(enrollment_id: UUID) -> None:
        _weigh(Enrollment.objects.locked().get(pk=enrollment_id), now=now, by=by)

    chosen: list[UUID] = list(rows.order_by().values_list("pk", flat=True)[:BATCH])
    return one_by_one(chosen, act_on, named=lambda enrollment_id: f"enrollment {enrollment_id}")


def _weigh(enrollment: Enrollment, *, now: datetime, by: Actor) -> None:
    """What was last heard of it is the fact; the row was not held when it was chosen."""
    signs = (enrollment.device.last_reading_at, enrollment.connectivity_restored_at)
    heard_at = max(filter(None, signs), default=None)
    silent = heard_at is not None and heard_at < now - SILENT_AFTER
    if enrollment.state == State.ACTIVE and enrollment.device.telemetry and silent and heard_at:
        lifecycle.report_connectivity_lost(enrollment, last_seen_at=heard_at, now=now, by=by)
    else:
        lifecycle.advance(enrollment, now=now, by=by)
