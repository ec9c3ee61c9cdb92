"""On an enrollment's page: who else claims its device, and the button that asks whose it is."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.models import User
from unfold.widgets import UnfoldAdminTextareaWidget

from enrollments import conflicts
from enrollments.conflicts import Claims
from enrollments.models import Enrollment
from enrollments.states import State
from partners.models import RefusedRequest
from texture_portal.console.marks import at, link, table
from texture_portal.console.verbs import Verb, VerbForm

OPEN = "enrollments.open_conflict"
MOST_SHOWN = 20


class OpenForm(VerbForm):
    reason = forms.CharField(
        label="Why it is asked",
        max_length=conflicts.LONGEST_REASON,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="Stands on the case, and goes into its history.",
    )


def claims_table(enrollment: Enrollment) -> dict[str, Any]:
    claims = RefusedRequest.objects.filter(about=enrollment.pk).select_related("partner").order_by("-at")[:MOST_SHOWN]
    return table(
        ("When", "Partner", "Its device", "Request"),
        ((at(each.at), each.partner.name, each.subject, each.pk) for each in claims),
    )


def open_conflict_verb() -> Verb:
    return Verb(
        "open-conflict",
        "Open a conflict case",
        "Another partner claims the device: staff decide whose it is. The enrollment goes on meanwhile.",
        OPEN,
        _open,
        fits=lambda enrollment: enrollment.state != State.REVOKED and not conflicts.has_open_conflict(enrollment),
        form=OpenForm,
    )


def claimed_table(claims: Iterable[Claims]) -> dict[str, Any]:
    """For the front page: devices that others claim again and again, and nobody has asked about."""
    return table(
        ("Device", "Enrolled by", "Claimed", "Last"),
        (
            (
                link(each.enrollment, str(each.enrollment.device)),
                each.enrollment.partner.name,
                f"{each.times} times",
                at(each.last_at),
            )
            for each in claims
        ),
    )


def _open(enrollment: Enrollment, given: dict[str, Any], now: datetime, user: User) -> str:
    case = conflicts.open_conflict(enrollment, reason=given["reason"], now=now, user=user)
    return f"The case is open, due {at(case.due_at)}."
