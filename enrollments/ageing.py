"""Consents that run out by their age (§11.8): where a program lets them last so many days only.

The most recent grant governs. It is announced 30 and 7 days before, once each, and never ends unannounced: it ends when
the last notice said that it would. Where a limit was lengthened, what was said before counts no more.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, Value

from enrollments import clearance, lifecycle, notices
from enrollments.models import Consent, Enrollment, ExpiryNotice
from enrollments.models.enrollment import IN_PROGRAMS
from enrollments.models.expiry import FIRST_NOTICE, LAST_NOTICE
from programs.models import Participation
from texture_portal.actors import Actor
from texture_portal.jobs import one_by_one

MAY_BE_LATE = timedelta(days=1)  # for the job is not always there on the hour
BATCH = 100


@dataclass(frozen=True, slots=True)
class Ageing:
    """An enrollment whose consent runs out, by the strictest of its programs; `granted_at`: the grant that governs."""

    enrollment_id: UUID
    granted_at: datetime
    runs_out_at: datetime

    def ends_at(self, *, told_at: datetime, before: timedelta) -> datetime:
        """What a notice says. The last one leaves its week also where it is late, because a limit was set late."""
        is_late = before == LAST_NOTICE and self.runs_out_at - told_at < before - MAY_BE_LATE
        return told_at + before if is_late else self.runs_out_at


def announce(*, now: datetime) -> int:
    """Tells the partners of one batch of consents that are about to run out; returns how many."""
    rows = _ageing()
    first = rows.filter(runs_out_at__lte=now + FIRST_NOTICE, runs_out_at__gt=now + LAST_NOTICE)
    last = rows.filter(runs_out_at__lte=now + LAST_NOTICE)
    return _announce(first, FIRST_NOTICE, now=now) or _announce(last, LAST_NOTICE, now=now)


def expire(*, now: datetime, by: Actor) -> int:
    """Ends one batch of consents that have run out, as the last notice said; returns how many."""
    told = _notices(LAST_NOTICE).filter(expires_at__lte=now)
    return _each(
        _ageing().filter(Exists(told), runs_out_at__lte=now),
        lambda enrollment, ageing: _expire(enrollment, ageing, now=now, by=by),
    )


def _announce(rows: QuerySet[Any], before: timedelta, *, now: datetime) -> int:
    untold = rows.exclude(Exists(_notices(before)))
    return _each(untold, lambda enrollment, ageing: _tell(enrollment, ageing, before, now=now))


def _tell(enrollment: Enrollment, ageing: Ageing, before: timedelta, *, now: datetime) -> None:
    """The row was not held when it was chosen: another may have told, and the customer may have renewed."""
    about = {"enrollment": enrollment, "granted_at": ageing.granted_at, "days_before": before.days}
    if ExpiryNotice.objects.filter(**about, expires_at__gte=ageing.runs_out_at).exists():
        return
    expires_at = ageing.ends_at(told_at=now, before=before)
    ExpiryNotice.objects.create(**about, expires_at=expires_at, told_at=now)
    if enrollment.standing().granted_at == ageing.granted_at:
        notices.note_consent_expiring(enrollment, expires_at=expires_at)
        notices.tell(enrollment, now=now)
        if before == LAST_NOTICE:
            device = enrollment.device
            prolonged = replace(device.clearance, until=expires_at)
            clearance.write(device, prolonged, awaited_since=device.awaited_since)


def _expire(enrollment: Enrollment, ageing: Ageing, *, now: datetime, by: Actor) -> None:
    """Every grant until the governing one is over, by whichever path; a later one, if it comes late, is not."""
    for path in enrollment.consents.values_list("path", flat=True):
        lifecycle.expire_consent(enrollment, expired_at=ageing.granted_at, path=path, now=now, by=by)


def _ageing() -> QuerySet[Any]:
    """Enrollments in a program with a limit, with `governs_at`, the newest valid grant, and `runs_out_at`."""
    valid = Consent.objects.filter(
        Q(revoked_at__isnull=True) | Q(granted_at__gt=F("revoked_at")),
        Q(expired_at__isnull=True) | Q(granted_at__gt=F("expired_at")),
        enrollment=OuterRef("pk"),
    )
    limits = Participation.objects.live().filter(device=OuterRef("device"), program__consent_lasts_days__isnull=False)
    lasts = limits.order_by("program__consent_lasts_days").values("program__consent_lasts_days")[:1]
    runs_out_at = F("governs_at") + F("lasts") * Value(timedelta(days=1))
    return (
        Enrollment.objects.filter(Exists(limits), state__in=IN_PROGRAMS)
        .order_by("pk")
        .annotate(
            governs_at=Subquery(valid.order_by("-granted_at").values("granted_at")[:1]),
            lasts=Subquery(lasts),
            runs_out_at=ExpressionWrapper(runs_out_at, output_field=DateTimeField()),
        )
    )


def _notices(before: timedelta) -> QuerySet[ExpiryNotice]:
    """Those that still hold: of the present grant, and of no earlier end than the present limit's."""
    of_this_grant = {"enrollment": OuterRef("pk"), "granted_at": OuterRef("governs_at")}
    return ExpiryNotice.objects.filter(
        **of_this_grant, days_before=before.days, expires_at__gte=OuterRef("runs_out_at")
    )


def _each(rows: QuerySet[Any], act: Callable[[Enrollment, Ageing], None]) -> int:
    """Each in a transaction of its own."""

    @transaction.atomic
    def act_on(ageing: Ageing) -> None:
        act(Enrollment.objects.locked().get(pk=ageing.enrollment_id), ageing)

    batch = [Ageing(*row) for row in rows.values_list("pk", "governs_at", "runs_out_at")[:BATCH]]
    return one_by_one(batch, act_on, named=lambda ageing: f"enrollment {ageing.enrollment_id}")
