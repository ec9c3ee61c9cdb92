"""A range of time, in the portal's time zone. Unfold's own compares naive times, which Django only warns about."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateTimeFilter


class WhenFilter(RangeDateTimeFilter):
    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        start, end = self._instant("from"), self._instant("to")
        if start is not None:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": start})
        if end is not None:
            queryset = queryset.filter(**{f"{self.parameter_name}__lte": end})
        return queryset

    def _instant(self, side: str) -> datetime | None:
        """A date alone means its beginning, or its end; what is no time says nothing."""
        day = self.used_parameters.get(f"{self.parameter_name}_{side}_0")
        hour = self.used_parameters.get(f"{self.parameter_name}_{side}_1")
        hour = hour or ("00:00:00" if side == "from" else "23:59:59")
        try:
            return timezone.make_aware(datetime.fromisoformat(f"{day} {hour}"))
        except ValueError:
            return None
