"""Business hours: hours counted on business days, in the portal's time zone, without US federal holidays (§11.3)."""

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
from django.conf import settings


def is_business_day(day: date) -> bool:
    return day.weekday() < 5 and day not in _federal_holidays(day.year)


def add_business_hours(start: datetime, *, hours: int) -> datetime:
    """The instant at which `hours` hours of business days have passed since `start`; each such day has its 24."""
    zone = ZoneInfo(settings.TIME_ZONE)
    local, left = start.astimezone(zone), timedelta(hours=hours)
    while True:
        midnight = datetime.combine(local.date() + timedelta(days=1), time(), tzinfo=zone)
        if is_business_day(local.date()):
            remaining_today = midnight.timestamp() - local.timestamp()
            if left.total_seconds() <= remaining_today:
                return datetime.fromtimestamp(local.timestamp() + left.total_seconds(), tz=start.tzinfo)
            left -= timedelta(seconds=remaining_today)
        local = midnight


@cache
def _federal_holidays(year: int) -> holidays.HolidayBase:
    return holidays.country_holidays("US", years=year)
