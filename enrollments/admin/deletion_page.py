"""What the page of one deletion request shows."""

from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from enrollments.admin.colours import state_badge
from enrollments.admin.enrollment_page import short
from enrollments.deletion import waiting
from enrollments.models import DeletionRequest, Enrollment, RevocationDuty
from texture_portal.console.marks import NOTHING, at, badge, link, span, table, words

Facts = list[tuple[str, Any]]


def context(request: DeletionRequest, *, now: datetime) -> dict[str, Any]:
    return {
        "facts": facts(request, now=now),
        "enrollments": enrollments_table(request),
        "duties": duties_table(request),
        "erased": erased_table(request),
    }


def standing(request: DeletionRequest, *, now: datetime) -> SafeString:
    if request.done_at is not None:
        return badge("done late", "warning") if request.done_at > request.due_at else badge("done", "success")
    if request.refused_at is not None:
        return badge("refused")
    left = request.due_at - now
    if left.total_seconds() < 0:
        return badge(f"{span(left)} overdue", "danger")
    return badge(f"under way, {span(left)} left" if request.has_begun else f"{span(left)} left", "info")


def customer(request: DeletionRequest) -> str:
    return "erased" if request.customer.erased_at else request.customer.reference_id


def facts(request: DeletionRequest, *, now: datetime) -> Facts:
    whom = request.customer
    return [
        ("Standing", standing(request, now=now)),
        ("Customer", link(whom, customer(request))),
        ("Partner", link(whom.partner)),
        ("Asked", at(request.asked_at)),
        ("Through", request.get_via_display()),
        ("Opened by", request.opened_by),
        ("Due", at(request.due_at)),
        *_how_it_goes(request),
    ]


def _how_it_goes(request: DeletionRequest) -> Facts:
    if request.refused_at is not None:
        return [
            ("Refused", f"{at(request.refused_at)} by {request.refused_by}"),
            ("Why", request.get_refusal_display()),
        ]
    if not request.has_begun:
        return []
    begun: Facts = [
        ("Begun", f"{at(request.begun_at)} by {request.begun_by}"),
        ("Readings", request.get_telemetry_display()),
    ]
    if request.done_at is None:
        waits = words(request.waits_for) if request.waits_for else NOTHING
        return [*begun, ("Waits for", waits), ("Waits until", at(waiting.waits_until(request)))]
    return [
        *begun,
        ("Done", at(request.done_at)),
        ("Facts kept until", at(request.facts_kept_until)),
        ("Facts purged", at(request.facts_purged_at)),
    ]


def enrollments_table(request: DeletionRequest) -> dict[str, Any]:
    rows = Enrollment.objects.filter(customer=request.customer_id).order_by("pk")
    return table(
        ("Enrollment", "State", "Consent revoked", "Entries in its chain"),
        ((link(each, short(each.pk)), state_badge(each.state), at(each.consent_revoked_at), each.ledger_length)
         for each in rows),
    )  # fmt: skip


def duties_table(request: DeletionRequest) -> dict[str, Any]:
    rows = RevocationDuty.objects.filter(enrollment__customer=request.customer_id).order_by("opened_at")
    return table(
        ("What", "Owed since", "Outcome", "Settled"),
        ((each.get_kind_display(), at(each.opened_at), each.get_outcome_display() or each.last_fault or "open",
          at(each.settled_at)) for each in rows),
    )  # fmt: skip


def erased_table(request: DeletionRequest) -> dict[str, Any]:
    parts = (request.certificate or {}).get("sections", {})
    return table(
        ("What was deleted or blanked", "Rows"), ((each["what"], each["rows"]) for each in parts.get("erased", []))
    )
