"""How it is going: enrollments by state, by the week they began in, by partner, utility and program, as of a time.

All of it is read from the tallies: a few hundred rows, however many enrollments there are.
"""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.html import format_html

from enrollments.admin.colours import STATES
from enrollments.models import Tally
from enrollments.states import State
from partners.models import Partner
from programs.models import Program
from territories.models import Utility
from texture_portal.console.marks import at, table

WEEKS, MOST_SHOWN = 26, 6
STAGES = {  # the funnel: what a state is on the way to the grid
    "Not yet agreed": ((State.DISCOVERED, State.ELIGIBLE), "#94a3b8"),
    "To be verified": ((State.OPTED_IN, State.PENDING_VERIFICATION), "#f59e0b"),
    "Enrolled": ((State.ENROLLED, State.SUSPENDED), "#3b82f6"),
    "Active": ((State.ACTIVE,), "#16a34a"),
    "Left": ((State.OPTED_OUT, State.REVOKED), "#e11d48"),
}
STAGE_OF = {state.value: stage for stage, (states, _) in STAGES.items() for state in states}
CHART = {
    "animation": False,
    "responsive": True,
    "maintainAspectRatio": False,
    "plugins": {"legend": {"display": True, "position": "bottom", "labels": {"boxWidth": 10}}},
    "scales": {"x": {"stacked": True, "grid": {"display": False}}, "y": {"stacked": True, "beginAtZero": True}},
}
Counts = dict[str, dict[str, int]]  # by subject, by stage


def shown_to(user: Any) -> dict[str, Any]:
    if not user.has_perm("enrollments.view_enrollment"):
        return {}
    rows = list(Tally.objects.exclude(of__in=(Tally.Of.FLEET, Tally.Of.CONNECTION, Tally.Of.POLLING)))
    if not rows:
        return {"as_of": None}
    by = {of: _by_subject(each for each in rows if each.of == of) for of in Tally.Of.values}
    return {
        "as_of": at(rows[0].taken_at),
        "states": _states({each.word: each.count for each in rows if each.of == Tally.Of.STATE}),
        "weeks": _chart(by[Tally.Of.WEEK]),
        "options": json.dumps(CHART),
        "partners": _ranked(by[Tally.Of.PARTNER], Partner, "partner__id__exact", user=user),
        "utilities": _ranked(by[Tally.Of.UTILITY], Utility, "site__utility__id__exact", user=user),
        "programs": _ranked(by[Tally.Of.PROGRAM], Program, "", user=user),
    }


def _by_subject(rows: Iterable[Tally]) -> Counts:
    counts: Counts = {}
    for row in rows:
        stages = counts.setdefault(row.subject, {})
        stages[STAGE_OF[row.word]] = stages.get(STAGE_OF[row.word], 0) + row.count
    return counts


def _states(counts: dict[str, int]) -> list[dict[str, Any]]:
    everywhere = reverse("admin:enrollments_enrollment_changelist")
    return [
        {
            "label": state.label,
            "colour": STATES[state],
            "count": f"{counts.get(state, 0):,}",
            "url": f"{everywhere}?state__exact={state}",
        }
        for state in State
    ]


def _chart(counts: Counts) -> str:
    """As Unfold's chart takes it. Of those who began in a week: how far they have come by now."""
    weeks = sorted(counts)[-WEEKS:]
    return json.dumps({
        "labels": [f"{date.fromisoformat(week):%b %-d}" for week in weeks],
        "datasets": [
            {"label": stage, "data": [counts[week].get(stage, 0) for week in weeks], "backgroundColor": colour}
            for stage, (_, colour) in STAGES.items()
        ],
    })  # fmt: skip


def _ranked(counts: Counts, model: Any, filtered_by: str, *, user: Any) -> dict[str, Any]:
    """The largest, each leading to its enrollments where the list can be narrowed to them."""
    largest = sorted(counts, key=lambda subject: -sum(counts[subject].values()))[:MOST_SHOWN]
    named = {str(each.pk): each for each in model.objects.filter(pk__in=[each for each in largest if each])}
    return table(
        (str(model._meta.verbose_name).capitalize(), *STAGES, "All"),
        (
            (_leading(named.get(subject), filtered_by), *(f"{counts[subject].get(stage, 0):,}" for stage in STAGES),
             f"{sum(counts[subject].values()):,}")
            for subject in largest
        ),
    )  # fmt: skip


def _leading(row: Any, filtered_by: str) -> Any:
    if row is None:
        return "None yet"
    if not filtered_by:
        return str(row)
    url = f"{reverse('admin:enrollments_enrollment_changelist')}?{filtered_by}={row.pk}"
    return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', url, str(row))
