"""Review cases open and close with the lifecycle's questions; people decide them in `enrollments.review`."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User

from enrollments import facts as fact
from enrollments import notices
from enrollments.case_holding import sign
from enrollments.models import Enrollment, ReviewCase
from texture_portal.business_time import add_business_hours, add_business_time, business_time_between

TERRITORY_BUSINESS_HOURS = 48  # §11.3: the OEM is notified of the resolution within 48 business hours
OWNERSHIP_HOURS = 24  # §11.6: ownership transferred, within 24 hours

CASE_FOR = {
    fact.TERRITORY_AMBIGUOUS: ReviewCase.Kind.TERRITORY,
    fact.ACCOUNT_UNVERIFIED: ReviewCase.Kind.VERIFICATION,
    fact.OWNERSHIP_TRANSFERRED: ReviewCase.Kind.OWNERSHIP,
}
# Not the lifecycle's questions: whoever opened them waits for a person's answer.
LEFT_TO_STAFF = (ReviewCase.Kind.CONFLICT, ReviewCase.Kind.REMATCH)
ABOUT_THE_PLACE = (ReviewCase.Kind.TERRITORY, ReviewCase.Kind.REMATCH, ReviewCase.Kind.VERIFICATION)


def keep(enrollment: Enrollment, *, question: str, now: datetime) -> None:
    """One open case for the question that is asked, none for those that are not, but for those left to staff."""
    wanted = _kind_for(enrollment, question)
    for case in enrollment.review_cases.filter(decided_at__isnull=True).exclude(kind__in=LEFT_TO_STAFF):
        if case.kind == wanted:
            return
        close(enrollment, case, now=now)
    if wanted is not None:
        open_case(enrollment, kind=wanted, reason=_reason(enrollment, question), now=now)


def first_case(enrollment: Enrollment, *, question: str, now: datetime) -> ReviewCase | None:
    """The case with which a new enrollment begins, yet to be written; None where nothing is asked."""
    wanted = _kind_for(enrollment, question)
    if wanted is None:
        return None
    return _draft(enrollment, kind=wanted, reason=_reason(enrollment, question), now=now)


def open_case(
    enrollment: Enrollment, *, kind: ReviewCase.Kind, reason: str, now: datetime, user: User | None = None
) -> ReviewCase:
    """`user` is who of staff asks the question; None where the lifecycle does."""
    case = _draft(enrollment, kind=kind, reason=reason, now=now)
    if user is not None:
        sign(case, reason=reason, user=user)
    case.save()
    notices.note_review_opened(enrollment, case)
    return case


def _draft(enrollment: Enrollment, *, kind: ReviewCase.Kind, reason: str, now: datetime) -> ReviewCase:
    return ReviewCase(
        enrollment=enrollment, kind=kind, reason=reason, opened_at=now, due_at=due_at(kind, opened_at=now)
    )


def due_at(kind: ReviewCase.Kind, *, opened_at: datetime) -> datetime:
    if kind == ReviewCase.Kind.OWNERSHIP:
        return opened_at + timedelta(hours=OWNERSHIP_HOURS)
    return add_business_hours(opened_at, hours=TERRITORY_BUSINESS_HOURS)


def close(enrollment: Enrollment, case: ReviewCase, *, now: datetime) -> None:
    case.decision, case.decided_at = ReviewCase.Decision.MOOT, now
    case.decision_reason = "The question no longer stands."
    case.save()
    notices.note_review_resolved(enrollment, case)


def settle_rematch(enrollment: Enrollment, *, now: datetime) -> None:
    """The site was matched anew, or decided: whether another utility serves it by now is no question any more."""
    for case in enrollment.review_cases.filter(decided_at__isnull=True, kind=ReviewCase.Kind.REMATCH):
        close(enrollment, case, now=now)


def leave_place(enrollment: Enrollment, *, now: datetime) -> None:
    """The device is elsewhere: an answer to what was asked of its former place must not count for the new one."""
    for case in enrollment.review_cases.filter(decided_at__isnull=True, kind__in=ABOUT_THE_PLACE):
        close(enrollment, case, now=now)


def note_information(enrollment: Enrollment, *, now: datetime) -> None:
    """The partner supplied something: whoever waits for it looks again. An answer is later than its question."""
    asked = enrollment.review_cases.filter(
        decided_at__isnull=True, information_requested_at__lte=now, information_given_at__isnull=True
    )
    for case in asked:
        case.waited_seconds += int(waiting_time(case, now=now).total_seconds())
        case.information_given_at = now
        written: Any = case  # the history reads the reason from the instance
        written._change_reason = "information given by the partner"
        case.save()


def waiting_time(case: ReviewCase, *, now: datetime) -> timedelta:
    """How long, in business time, the case waits for the partner in the present round."""
    asked_at = case.information_requested_at
    return business_time_between(asked_at, now) if asked_at and case.waits_for_partner else timedelta()


def due_with_wait(case: ReviewCase, *, now: datetime) -> datetime:
    """When it is due if the time that the partner took is not counted. A transfer's 24 hours run on (§11.6)."""
    waited = timedelta(seconds=case.waited_seconds) + waiting_time(case, now=now)
    if case.kind == ReviewCase.Kind.OWNERSHIP or not waited:
        return case.due_at
    return add_business_time(case.due_at, length=waited)


def close_all(enrollment: Enrollment, *, now: datetime) -> None:
    for case in enrollment.review_cases.filter(decided_at__isnull=True):
        close(enrollment, case, now=now)


def _kind_for(enrollment: Enrollment, question: str) -> ReviewCase.Kind | None:
    """An account that nobody says is verified is the partner's to verify: staff have nothing to decide yet."""
    if question == fact.ACCOUNT_UNVERIFIED and not enrollment.account_claimed_verified:
        return None
    return CASE_FOR.get(question)


def _reason(enrollment: Enrollment, question: str) -> str:
    if question == fact.TERRITORY_AMBIGUOUS:
        return str(enrollment.match.get("reason") or "Several utilities may serve the site.")
    if question == fact.ACCOUNT_UNVERIFIED:
        return "A program wants the utility account verified, and the partner says that it is."
    return "The partner reported that the device changed hands."
