"""Consents as they stood at the end of a day: of each the last version by then, where it was valid."""

from datetime import date, datetime, time
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import TextFilter


class InForceFilter(TextFilter):
    title = "in force on a day (2026-05-31)"
    parameter_name = "in_force_on"

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        end = _end_of(self.value() or "")
        return queryset if end is None else in_force(queryset, at=end)


def in_force(versions: "QuerySet[Any]", *, at: datetime) -> "QuerySet[Any]":
    later = versions.model.objects.filter(
        id=OuterRef("id"), sequence__gt=OuterRef("sequence"), history_date__lte=at
    ).order_by()
    revoked, expired = (
        Q(**{f"{name}__isnull": False, f"{name}__gte": F("granted_at")}) for name in ("revoked_at", "expired_at")
    )
    return versions.filter(~Exists(later), history_date__lte=at).exclude(revoked).exclude(expired)


def _end_of(given: str) -> datetime | None:
    """In the portal's time zone; what is no day says nothing."""
    try:
        day = date.fromisoformat(given.strip())
    except ValueError:
        return None
    return timezone.make_aware(datetime.combine(day, time.max))
