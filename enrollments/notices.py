"""What partners are told of their enrollments, by webhook (contract §9).

A verb notes what happened while it happens; `tell` writes it down at the end, when the enrollment is as `GET` will
give it. `lifecycle.advance` and `lifecycle.revoke` tell; a verb that calls neither tells itself.
"""

from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from enrollments.models import Enrollment, ReviewCase
from enrollments.news import News
from enrollments.overview import Overview, overview
from enrollments.presentation import show
from partners import webhooks
from texture_portal.clock import to_wire

STATUS_CHANGED = "enrollment.status_changed"


def note_move(enrollment: Enrollment, *, before: str, reason: str) -> None:
    enrollment.news.append(News(STATUS_CHANGED, reason, before))


def note_review_opened(enrollment: Enrollment, case: ReviewCase) -> None:
    enrollment.news.append(_opened(case))


def note_review_resolved(enrollment: Enrollment, case: ReviewCase) -> None:
    enrollment.news.append(News("enrollment.review_resolved", case.decision, more={"reviewId": case.pk}))


def note_information_requested(enrollment: Enrollment, case: ReviewCase) -> None:
    more = {"reviewId": case.pk, "message": case.information_request}
    enrollment.news.append(News("enrollment.information_requested", case.kind, more=more))


def note_consent_revoked(enrollment: Enrollment, *, revoked_at: datetime, source: str) -> None:
    more = {"revokedAt": to_wire(revoked_at), "source": source}
    enrollment.news.append(News("consent.revoked", "consent_revoked", more=more))


def note_consent_expiring(enrollment: Enrollment, *, expires_at: datetime) -> None:
    more = {"expiresAt": to_wire(expires_at)}
    enrollment.news.append(News("consent.expiring", "consent_expiring", more=more))


def note_evidence_requested(enrollment: Enrollment, *, request_id: UUID, due_at: datetime, message: str = "") -> None:
    more = {"evidenceRequestId": request_id, "dueAt": to_wire(due_at), "message": message}
    enrollment.news.append(News("consent.evidence_requested", "evidence_requested", more=more))


def tell(enrollment: Enrollment, *, now: datetime) -> None:
    """Writes down, for the partner, everything noted since the last time; the caller holds the row locked.

    However many steps it went, its state changed once: from where it was to where it is.
    """
    news = enrollment.take_news()
    if not news:
        return
    before = next((each.before for each in news if each.before), enrollment.state)
    told = _Told(enrollment.pk, before)
    moves = [each for each in news if each.type == STATUS_CHANGED]
    for each in news:
        if each not in moves[1:]:
            _announce(enrollment, each, told, now=now)


def tell_of_new(shown: Overview, *, now: datetime) -> None:
    """It was taken in, as far as its facts carry it; its first steps are no news beside that."""
    shown.enrollment.take_news()
    told = _Told(shown.enrollment.pk, None, shown)
    _announce(shown.enrollment, News("enrollment.created", "enrollment_received"), told, now=now)
    if shown.case is not None:
        _announce(shown.enrollment, _opened(shown.case), told, now=now)


class _Told:
    """The enrollment as `GET` gives it: put together once for all that is told, and only where somebody listens."""

    def __init__(self, enrollment_id: UUID, before: str | None, shown: Overview | None = None) -> None:
        self.enrollment_id, self.before, self.shown = enrollment_id, before, shown

    @cached_property
    def enrollment(self) -> dict[str, Any]:
        return show(self.shown or overview(Enrollment.objects.shown().get(pk=self.enrollment_id)))

    def data(self, news: News) -> dict[str, Any]:
        return {**self.enrollment, "previousState": self.before, "reason": news.reason, **news.more}


def _announce(enrollment: Enrollment, news: News, told: _Told, *, now: datetime) -> None:
    webhooks.announce(
        partner=enrollment.partner,
        type=news.type,
        data=lambda: told.data(news),
        subject=enrollment.pk,
        now=now,
    )


def _opened(case: ReviewCase) -> News:
    return News("enrollment.review_opened", case.kind, more={"reviewId": case.pk})
