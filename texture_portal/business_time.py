"""Business hours: hours counted on business days, in the portal's time zone, without holidays (§11.3).

Which days are holidays is a setting, `BUSINESS_CALENDAR`: the US federal ones unless it says otherwise.
"""

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def is_business_day(day: date) -> bool:
    return day.weekday() < 5 and day not in _holidays(settings.BUSINESS_CALENDAR, day.year)


def add_business_hours(start: datetime, *, hours: int) -> datetime:
    """The instant at which `hours` hours of business days have passed since `start`; each such day has its 24."""
    return add_business_time(start, length=timedelta(hours=hours))


def business_time_between(start: datetime, end: datetime, *, zone: ZoneInfo | None = None) -> timedelta:
    """How much of the time from `start` to `end` lies on business days; negative where `end` is the earlier."""
    if end < start:
        return -business_time_between(end, start, zone=zone)
    zone = zone or ZoneInfo(settings.TIME_ZONE)
    local, passed = start.astimezone(zone), 0.0
    while local.timestamp() < end.timestamp():
        midnight = _midnight_after(local, zone)
        if is_business_day(local.date()):
            passed += min(midnight.timestamp(), end.timestamp()) - local.timestamp()
        local = midnight
    return timedelta(seconds=passed)


def add_business_time(start: datetime, *, length: timedelta) -> datetime:
    """`length` is not negative."""
    zone = ZoneInfo(settings.TIME_ZONE)
    local, left = start.astimezone(zone), length
    while True:
        midnight = _midnight_after(local, zone)
        if is_business_day(local.date()):
            remaining_today = midnight.timestamp() - local.timestamp()
            if left.total_seconds() <= remaining_today:
                return datetime.fromtimestamp(local.timestamp() + left.total_seconds(), tz=start.tzinfo)
            left -= timedelta(seconds=remaining_today)
        local = midnight


def _midnight_after(local: datetime, zone: ZoneInfo) -> datetime:
    return datetime.combine(local.date() + timedelta(days=1), time(), tzinfo=zone)


def check_calendar(name: str) -> None:
    """Raises `ImproperlyConfigured` where no calendar has this name."""
    _holidays(name, 2026)


@cache
def _holidays(calendar: str, year: int) -> holidays.HolidayBase:
    """`US` (federal holidays), `US-CA` (a state's too), or a market's, such as `NYSE`."""
    country, _, part = calendar.partition("-")
    try:
        if country in holidays.list_supported_financial(include_aliases=True):
            return holidays.financial_holidays(country, years=year)
        return holidays.country_holidays(country, subdiv=part or None, years=year)
    except NotImplementedError as unknown:
        raise ImproperlyConfigured(
            f"BUSINESS_CALENDAR is {calendar!r}, which is no calendar. Remedy: name a country such as US, a state such "
            "as US-CA, or a market such as NYSE."
        ) from unknown
