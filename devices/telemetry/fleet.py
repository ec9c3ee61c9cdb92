"""How fresh a fleet is, counted: the words of devices/freshness as conditions on rows."""

from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from devices.freshness import FRESH_FOR, OFFLINE_AFTER, Freshness
from devices.models import Device


def condition(word: Freshness, *, now: datetime) -> Q:
    """On devices; the four are every device, each in one."""
    fresh, offline = now - FRESH_FOR, now - OFFLINE_AFTER
    return {
        Freshness.FRESH: Q(last_reading_at__gt=fresh),
        Freshness.STALE: Q(last_reading_at__lte=fresh, last_reading_at__gte=offline),
        Freshness.OFFLINE: Q(last_reading_at__lt=offline),
        Freshness.NEVER: Q(last_reading_at__isnull=True),
    }[word]


def by_partner(*, now: datetime) -> dict[UUID, dict[Freshness, int]]:
    """Of partners that have devices."""
    counts = {word.value: Count("pk", filter=condition(word, now=now)) for word in Freshness}
    rows = Device.objects.order_by().values("partner").annotate(**counts)
    counted = rows.values_list("partner", *(word.value for word in Freshness))
    return {partner: dict(zip(Freshness, numbers, strict=True)) for partner, *numbers in counted}
