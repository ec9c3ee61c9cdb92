"""Scorecards in the admin: every partner's months, to filter and take along; and as the partner's page has them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RadioFilter, RelatedDropdownFilter
from unfold.decorators import display

from enrollments.models import Score
from enrollments.scorecards.drawing import chart
from enrollments.scorecards.months import WHOLE, first_of
from partners.models import Partner
from texture_portal.console.exports import ExportMixin
from texture_portal.console.marks import NOTHING, at, badge, table
from texture_portal.console.pages import DetailAdmin

MONTHS, YEAR = 12, timedelta(days=365)
MOST_MAKERS = 20  # on the partner's page; the list of scores has them all


class MetFilter(RadioFilter):
    title = "target"
    parameter_name = "met"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "Missed"), ("yes", "Met")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(is_met=self.value() == "yes") if self.value() else queryset


@admin.register(Score)
class ScoreAdmin(ExportMixin, DetailAdmin):
    detail_template = "admin/enrollments/score/detail.html"
    about_people = False
    list_display = ("partner", "maker", "month_shown", "measure", "value_shown", "count", "target_shown", "met")
    list_filter = (("partner", RelatedDropdownFilter), ("measure", ChoicesDropdownFilter), MetFilter)
    list_select_related = ("partner",)
    search_fields = ("partner__name", "maker")
    date_hierarchy = "month"
    sortable_by = ()

    def detail_context(self, request: HttpRequest, subject: Score) -> dict[str, Any]:
        return {
            "facts": [
                ("Partner", subject.partner),
                ("Manufacturer", subject.maker or "all that it brings"),
                ("Month", f"{subject.month:%Y-%m}"),
                ("Measure", subject.get_measure_display()),
                ("Value", shown(subject)),
                ("Of", f"{subject.count:,}"),
                ("Target", target_of(subject)),
                ("Planned maintenance", f"{subject.excluded_minutes} minutes, left out"),
                ("Computed", at(subject.computed_at)),
            ]
        }

    @display(description="Month", ordering="month")
    def month_shown(self, score: Score) -> str:
        return f"{score.month:%Y-%m}"

    @display(description="Value")
    def value_shown(self, score: Score) -> str:
        return shown(score)

    @display(description="Target")
    def target_shown(self, score: Score) -> str:
        return target_of(score)

    @display(description="")
    def met(self, score: Score) -> str:
        return mark(score)


@dataclass(frozen=True, slots=True)
class Card:
    """`unmeasured`: what there has been nothing of for a year."""

    title: str
    table: dict[str, Any]
    unmeasured: str


def scorecards(partner: Partner, *, now: datetime) -> list[Card]:
    """Of all that the partner does; and of a TPDO, of each maker that it brings (§3.3)."""
    year = Score.objects.filter(partner=partner, month__gt=first_of(now) - YEAR)
    keys = year.order_by("maker_key").values_list("maker_key", flat=True).distinct()[: MOST_MAKERS + 1]
    by_maker: dict[str, dict[str, list[Score]]] = {key: {} for key in (WHOLE, *keys)}
    names = {}
    for row in year.filter(maker_key__in=list(keys)).order_by("month"):
        by_maker[row.maker_key].setdefault(row.measure, []).append(row)
        names[row.maker_key] = row.maker
    return [
        _scorecard(f"Scorecard: {names[key]}" if key else "Scorecard", by_measure, partner, key, now=now)
        for key, by_measure in by_maker.items()
    ]


def _scorecard(title: str, by_measure: dict[str, list[Score]], partner: Partner, maker: str, *, now: datetime) -> Card:
    """This month and the one before, and each measure over a year."""
    this, headers = first_of(now), ("Measure", "This month", "Last month", "Target", "Over a year")
    of_all_makers = partner.kind == Partner.Kind.TPDO and not maker
    measures = [each for each in Score.Measure if of_all_makers or each != Score.Measure.FOR_NO_MAKER]
    measured = [each for each in measures if any(row.count for row in by_measure.get(each.value, []))]
    lines = [_line(each, by_measure[each.value], this) for each in measured]
    unmeasured = "; ".join(str(each.label) for each in measures if each not in measured) if lines else ""
    return Card(title, table(headers, lines), unmeasured)


def _line(measure: Score.Measure, rows: list[Score], this: date) -> tuple[Any, ...]:
    drawn = _drawn(measure.label, rows[-MONTHS:])
    return measure.label, _cell(rows, this), _cell(rows, _before(this)), target_of(rows[-1]), drawn


def shown(score: Score) -> str:
    if not score.count:
        return NOTHING
    if score.value is None:
        return "over 20 s"
    return f"{score.value:,.0f} ms" if score.is_duration else f"{score.value:.2%}"


def target_of(score: Score) -> str:
    if score.target is None:
        return NOTHING
    return f"under {score.target:,.0f} ms" if score.is_duration else f"{score.target:.1%}"


def mark(score: Score) -> str:
    if score.is_met is None:
        return NOTHING
    return badge("met", "success") if score.is_met else badge("missed", "danger")


def _cell(rows: list[Score], month: date) -> str:
    found = next((row for row in rows if row.month == month), None)
    if found is None or not found.count:
        return NOTHING
    return badge(shown(found), {None: "", True: "success", False: "danger"}[found.is_met])


def _drawn(title: str, rows: list[Score]) -> str:
    if not any(row.count for row in rows):
        return NOTHING
    last = rows[-1]
    values = [row.value for row in rows if row.value is not None]
    scale, unit = (1.0, " ms") if last.is_duration else (100.0, " %")
    most = max([*values, last.target or 0.0]) * scale if last.is_duration else 100.0
    points = [
        (f"{row.month:%Y-%m}", None if row.value is None else round(row.value * scale, 2), row.is_met) for row in rows
    ]
    target = None if last.target is None else last.target * scale
    return chart(title, points, target=target, most=most, unit=unit)


def _before(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)
