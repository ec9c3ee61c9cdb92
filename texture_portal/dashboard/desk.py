"""The first rows of what waits for staff: cases, claims, records that partners owe, refused requests."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Model

from devices.models import Connection, StreamPosition
from enrollments import conflicts
from enrollments.admin.case_page import LATE_MARKS, time_left
from enrollments.admin.conflicts import OPEN as OPEN_CONFLICT
from enrollments.admin.conflicts import claimed_table
from enrollments.models import Enrollment, EvidenceRequest, ReviewCase
from partners.models import RefusedRequest
from texture_portal.console.marks import NOTHING, at, badge, link, table, words

MOST_SHOWN = 8
CUT_FOR = timedelta(minutes=5)  # a stream is opened again within two, where its cloud is there

See = Callable[[type[Model], Iterable[Any]], None]  # told of the rows about people that are shown


def tables(user: Any, *, now: datetime, see: See) -> dict[str, Any]:
    """What its groups may see of it."""
    shown: dict[str, Any] = {}
    if user.has_perm("enrollments.view_reviewcase"):
        shown |= _cases(now=now, see=see)
    if user.has_perm(OPEN_CONFLICT):
        claims = conflicts.repeated_claims()
        see(Enrollment, [each.enrollment.pk for each in claims])
        shown["claimed"] = claimed_table(claims)
    if user.has_perm("enrollments.view_evidencerequest"):
        shown |= _owed(now=now, see=see)
    if user.has_perm("partners.view_refusedrequest"):
        shown["flagged"] = _flagged()
    if user.has_perm("devices.view_connection"):
        shown |= _reach(now=now)
    return shown


def _cases(*, now: datetime, see: See) -> dict[str, Any]:
    counts = ReviewCase.objects.waiting(user_id=None, now=now)
    undecided = ReviewCase.objects.filter(decided_at__isnull=True).select_related("assigned_to")
    first = list(undecided.select_related("enrollment__partner", "enrollment__site").order_by("due_at")[:MOST_SHOWN])
    see(ReviewCase, [each.pk for each in first])
    return {
        "open_cases": counts["all"],
        "late_cases": counts["all_late"],
        "escalated_cases": counts["escalated"],
        "cases": table(
            ("Question", "Time left", "Looked after by", "Waits for", "Due", "Partner", "Place"),
            (_case(each, now=now) for each in first),
        ),
    }


def _case(case: ReviewCase, *, now: datetime) -> tuple[Any, ...]:
    mark, left = time_left(case, now=now)
    return (
        link(case, case.get_kind_display()),
        badge(left, LATE_MARKS[mark]),
        case.assigned_to.get_username() if case.assigned_to else NOTHING,
        badge("the partner", "warning") if case.waits_for_partner else badge("staff", "info"),
        at(case.due_at),
        case.enrollment.partner.name,
        str(case.enrollment.site),
    )


def _owed(*, now: datetime, see: See) -> dict[str, Any]:
    """Records of consents that partners were asked for and have not sent, what is due first first."""
    open_requests = EvidenceRequest.objects.filter(answered_at__isnull=True)
    all_owed = open_requests.select_related("enrollment__partner", "enrollment__customer").order_by("due_at")
    rows = list(all_owed[:MOST_SHOWN])
    see(EvidenceRequest, [each.pk for each in rows])
    return {
        "late_records": open_requests.filter(due_at__lt=now).count(),
        "owed": table(
            ("Asked for", "Due", "Standing", "Partner", "Customer"),
            (
                (
                    link(each, "Records of a consent"),
                    at(each.due_at),
                    badge("overdue", "danger") if each.due_at < now else badge("asked", "warning"),
                    each.enrollment.partner.name,
                    each.enrollment.customer.reference_id,
                )
                for each in rows
            ),
        ),
    }


def _flagged() -> dict[str, Any]:
    rows = RefusedRequest.objects.exclude(flag="").select_related("partner").order_by("-id")[:MOST_SHOWN]
    return table(
        ("Refused", "Flag", "Partner", "About", "When"),
        (
            (link(each, each.code), badge(words(each.flag), "warning"), each.partner.name, each.subject, at(each.at))
            for each in rows
        ),
    )


def _reach(*, now: datetime) -> dict[str, Any]:
    """Devices that are not heard of because the way to them is cut."""
    broken = Connection.objects.filter(status=Connection.Status.BROKEN).annotate(reached=Count("devices"))
    cut = StreamPosition.objects.filter(
        connected_at=None, cut_at__lt=now - CUT_FOR, connection__status=Connection.Status.ACTIVE
    )
    return {
        "broken": table(
            ("Connection", "Broken since", "Because", "Devices"),
            (
                (link(each), at(each.broken_at), badge(words(each.broken_reason), "danger"), each.reached)
                for each in broken.select_related("cloud__partner").order_by("-reached", "broken_at")[:MOST_SHOWN]
            ),
        ),
        "cut": table(
            ("Stream", "Cut", "Because", "Last message"),
            (
                (link(each, str(each.connection.cloud)), at(each.cut_at), badge(words(each.cut_reason), "danger"),
                 at(each.told_at))
                for each in cut.select_related("connection__cloud__partner").order_by("cut_at")[:MOST_SHOWN]
            ),
        ),
        "broken_count": Connection.objects.filter(status=Connection.Status.BROKEN).count(),
    }  # fmt: skip
