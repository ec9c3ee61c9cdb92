"""Numbers beside the rows of a list."""

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce


def count_of(rows: "QuerySet[Any]", *, of: str) -> Coalesce:
    """How many rows point at each row that is shown, counted for those on the page alone."""
    counted = rows.filter(**{of: OuterRef("pk")}).order_by().values(of).annotate(number=Count("*")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
