"""What clouds list and how they answer, for people: discovered devices, what is asked, and the log of calls (§7)."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from devices.models import CallBucket, DiscoveredDevice, Poll
from devices.polling import call_log
from texture_portal import clock
from texture_portal.console.marks import NOTHING, at, badge, link, table, words
from texture_portal.console.pages import ReadOnlyAdmin
from texture_portal.console.search import BigTable

SUMMED = timedelta(hours=24)


class StandingFilter(DropdownFilter):
    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("apart", "Not enrolled"), ("enrolled", "Enrolled"), ("vanished", "Vanished"), ("renamed", "Id changed"),
        ]  # fmt: skip

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "apart":
                return queryset.filter(device=None, vanished_at=None)
            case "enrolled":
                return queryset.filter(device__isnull=False, vanished_at=None)
            case "vanished":
                return queryset.exclude(vanished_at=None)
            case "renamed":
                return queryset.exclude(was_called="")
            case _:
                return queryset


@admin.register(DiscoveredDevice)
class DiscoveredDeviceAdmin(BigTable, ReadOnlyAdmin):
    list_display = ("manufacturer_device_id", "serial_number", "maker", "type", "at_cloud", "standing", "last_listed")
    list_filter = (StandingFilter, ("type", ChoicesDropdownFilter), ("connection__cloud", RelatedDropdownFilter))
    list_select_related = ("connection__cloud__partner", "device")
    search_help_text = "Whole device id or serial number"
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("manufacturer_device_id", "was_called", "serial_number", "enrolled_as", "standing")}),
        ("What it is", {"fields": ("type", "manufacturer", "model", "site_reference")}),
        ("Where it is listed", {"fields": ("at_cloud", "connection", "first_listed", "last_listed", "vanished")}),
        ("How it is asked", {"fields": ("entry", "asked")}),
    )
    readonly_fields = ("enrolled_as", "standing", "at_cloud", "first_listed", "last_listed", "vanished", "asked")

    def named(self, term: str) -> Q:
        return Q(manufacturer_device_id=term) | Q(serial_number=term)

    @display(description="Maker and model")
    def maker(self, row: DiscoveredDevice) -> str:
        return f"{row.manufacturer} {row.model}".strip() or NOTHING

    @display(description="Cloud")
    def at_cloud(self, row: DiscoveredDevice) -> str:
        return str(row.connection.cloud)

    @display(description="Standing")
    def standing(self, row: DiscoveredDevice) -> SafeString:
        if row.vanished_at is not None:
            return badge("vanished", "danger")
        if row.was_called:
            return badge("id changed", "warning")
        return badge("enrolled", "success") if row.device_id else badge("not enrolled")

    @display(description="Enrolled as")
    def enrolled_as(self, row: DiscoveredDevice) -> str:
        return link(row.device)

    @display(description="First listed")
    def first_listed(self, row: DiscoveredDevice) -> str:
        return at(row.first_listed_at)

    @display(description="Last listed")
    def last_listed(self, row: DiscoveredDevice) -> str:
        return at(row.last_listed_at)

    @display(description="Vanished")
    def vanished(self, row: DiscoveredDevice) -> str:
        return at(row.vanished_at)

    @display(description="Asked for")
    def asked(self, row: DiscoveredDevice) -> str:
        return link(row.poll)


@admin.register(Poll)
class PollAdmin(BigTable, ReadOnlyAdmin):
    about_people = False
    list_display = ("kind", "cloud", "outcome_mark", "failures", "asked", "due")
    list_filter = (("kind", ChoicesDropdownFilter), ("cloud", RelatedDropdownFilter))
    list_select_related = ("cloud__partner",)
    search_help_text = "Number"
    fields = ("kind", "cloud", "connection", "outcome_mark", "failures", "faults_listed", "asked", "succeeded", "due")
    readonly_fields = ("outcome_mark", "faults_listed", "asked", "succeeded", "due")
    ordering = ("-id",)

    def named(self, term: str) -> Q:
        return Q(pk=int(term)) if term.isascii() and term.isdigit() and len(term) < 18 else Q(pk=None)

    @display(description="Outcome")
    def outcome_mark(self, row: Poll) -> SafeString | str:
        return badge(words(row.outcome), "success" if row.outcome == "ok" else "warning") if row.outcome else NOTHING

    @display(description="Faults in the last answer")
    def faults_listed(self, row: Poll) -> str:
        return "\n".join(row.faults) or "none"

    @display(description="Asked")
    def asked(self, row: Poll) -> str:
        return at(row.asked_at)

    @display(description="Answered well")
    def succeeded(self, row: Poll) -> str:
        return at(row.succeeded_at)

    @display(description="Due")
    def due(self, row: Poll) -> str:
        return "left alone" if row.is_left_alone else at(row.due_at)


@admin.register(CallBucket)
class CallBucketAdmin(ReadOnlyAdmin):
    list_display = ("minute_mark", "cloud", "call", "category", "outcome_mark", "count", "p95", "fresh")
    list_filter = (("cloud", RelatedDropdownFilter),)
    list_select_related = ("cloud__partner",)
    list_per_page = 50
    list_before_template = "admin/devices/callbucket/summary.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        rows = CallBucket.objects.filter(minute__gte=clock.now() - SUMMED)
        answer: HttpResponse = super().changelist_view(request, {**(extra_context or {}), "summary": _summary(rows)})
        return answer

    @display(description="Minute", ordering="minute")
    def minute_mark(self, row: CallBucket) -> str:
        return at(row.minute)

    @display(description="Outcome", ordering="outcome")
    def outcome_mark(self, row: CallBucket) -> SafeString:
        return badge(words(row.outcome), "success" if row.outcome == call_log.OK else "danger")

    @display(description="p95 within")
    def p95(self, row: CallBucket) -> str:
        return _within(row.latencies)

    @display(description="Fresh readings")
    def fresh(self, row: CallBucket) -> str:
        return _fresh(row.ages)


def _summary(rows: "QuerySet[CallBucket]") -> dict[str, Any]:
    """By cloud and category, against what §7 asks for."""
    found: dict[tuple[str, str], list[CallBucket]] = {}
    for row in rows.select_related("cloud__partner").order_by("cloud__name", "category"):
        found.setdefault((str(row.cloud), row.category), []).append(row)
    return table(
        ("Cloud", "Category", "Calls", "Answered well", "p50 within", "p95 within", "§7.3 wants", "Fresh readings"),
        (_line(cloud, category, buckets) for (cloud, category), buckets in found.items()),
    )


def _line(cloud: str, category: str, buckets: list[CallBucket]) -> tuple[Any, ...]:
    calls = sum(row.count for row in buckets)
    well = [row for row in buckets if row.outcome == call_log.OK]
    latencies = call_log.summed((row.latencies for row in well), width=len(call_log.LATENCIES) + 1)
    ages = call_log.summed((row.ages for row in well), width=len(call_log.AGES) + 1)
    wanted = call_log.P95_LIMITS[category]
    p95 = call_log.percentile(latencies, 0.95)
    return (
        cloud, category, calls, f"{100 * sum(row.count for row in well) / calls:.1f} %" if calls else NOTHING,
        _within(latencies, 0.5), badge(_within(latencies), "success" if p95 and p95 <= wanted else "warning"),
        f"{wanted / 1000:g} s", _fresh(ages),
    )  # fmt: skip


def _within(latencies: list[int], share: float = 0.95) -> str:
    if not any(latencies):
        return NOTHING
    upper = call_log.percentile(latencies, share)
    return f"{upper} ms" if upper is not None else f"over {call_log.LATENCIES[-1]} ms"


def _fresh(ages: list[int]) -> str:
    """§4.1: younger than 15 minutes when they came."""
    return f"{100 * sum(ages[: call_log.FRESH_CLASSES]) / sum(ages):.1f} %" if any(ages) else NOTHING
