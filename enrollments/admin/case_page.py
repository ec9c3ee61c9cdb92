"""What the page of one review case shows: all that is needed to decide it."""

from datetime import datetime
from typing import Any

from enrollments import cases, escalation, together
from enrollments.admin import explanation
from enrollments.admin.colours import state_badge
from enrollments.admin.enrollment_page import device_facts, match_facts, said_facts, short, site_facts
from enrollments.models import ReviewCase
from texture_portal.business_time import business_time_between
from texture_portal.console.marks import NOTHING, at, badge, link, table

Facts = list[tuple[str, Any]]

LATE_MARKS = {"late": "danger", "soon": "warning", "later": "success", "decided": ""}


def context(case: ReviewCase, *, now: datetime) -> dict[str, Any]:
    enrollment = case.enrollment
    return {
        "question": question_facts(case, now=now),
        "enrollment": enrollment_facts(case),
        "device": device_facts(enrollment),
        "site": site_facts(enrollment.site),
        "said": said_facts(enrollment),
        "match": match_facts(enrollment),
        "notes": notes_table(case),
        "others_alike": len(together.like(case)) - 1 if case.decided_at is None else 0,
        **explanation.context(case),
    }


def candidates_in_short(case: ReviewCase) -> str:
    found = case.enrollment.match.get("candidates", [])
    return ", ".join(f"{each['utility']['name']} ({each['score']:.2f})" for each in found[:3]) or NOTHING


def question_facts(case: ReviewCase, *, now: datetime) -> Facts:
    if case.decided_at is not None:
        decided_by = case.decided_by.get_username() if case.decided_by else "the portal"
        return [
            ("Decision", badge(case.get_decision_display())),
            ("By", decided_by),
            ("At", at(case.decided_at)),
            ("Why", case.decision_reason or NOTHING),
            ("Utility", link(case.resolved_utility)),
            ("It was asked because", case.reason),
        ]
    mark, left = time_left(case, now=now)
    return [
        ("Why it is asked", case.reason),
        ("Opened", at(case.opened_at)),
        ("Due", at(case.due_at)),
        ("Time left", badge(left, LATE_MARKS[mark])),
        ("Looked after by", holder(case)),
        *escalated_facts(case),
        *asked_facts(case, now=now),
    ]


def holder(case: ReviewCase) -> str:
    return f"{case.assigned_to.get_username()} since {at(case.assigned_at)}" if case.assigned_to else "nobody yet"


def escalated_facts(case: ReviewCase) -> Facts:
    if case.escalated_at is None:
        return []
    told = f", told by e-mail {at(case.escalation_mailed_at)}" if case.escalation_mailed_at else ""
    return [("Escalated", f"{at(case.escalated_at)}{told}")]


def notes_table(case: ReviewCase) -> dict[str, Any]:
    notes = case.notes.select_related("written_by")
    return table(
        ("When", "Who", "Note"), ((at(each.written_at), each.written_by.get_username(), each.text) for each in notes)
    )


def asked_facts(case: ReviewCase, *, now: datetime) -> Facts:
    """What the partner was asked, and the clock that does not count its time."""
    if case.information_requested_at is None:
        return []
    given = badge("Waiting for the partner", "warning") if case.waits_for_partner else at(case.information_given_at)
    return [
        ("Partner was asked", case.information_request),
        ("Asked", at(case.information_requested_at)),
        ("Answered", given),
        ("Due without the wait", at(cases.due_with_wait(case, now=now))),
    ]


def time_left(case: ReviewCase, *, now: datetime) -> tuple[str, str]:
    """How pressing it is, and the time left: business hours, but for a transfer, whose clock never stops."""
    if case.kind == ReviewCase.Kind.OWNERSHIP:
        left, unit = case.due_at - now, "h"
    else:
        left, unit = business_time_between(now, case.due_at), "business h"
    hours = abs(left.total_seconds()) / 3600
    said = f"{hours:.0f} {unit}" if hours >= 1 else f"{hours * 60:.0f} min"
    if now > case.due_at:
        return "late", f"{said} overdue"
    return ("soon" if left <= escalation.lead(case.kind) else "later"), said


def enrollment_facts(case: ReviewCase) -> Facts:
    enrollment = case.enrollment
    return [
        ("Enrollment", link(enrollment, short(enrollment.pk))),
        ("State", state_badge(enrollment.state)),
        ("Partner", link(enrollment.partner)),
        ("Customer", enrollment.customer.reference_id),
        ("Created", at(enrollment.created_at)),
    ]
