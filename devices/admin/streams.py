"""Where partners' streams stand, what could not be taken of those who get no answer, and who exported telemetry."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from devices.models import ReadingRefusal, StreamPosition, TelemetryExport
from texture_portal.console.marks import at, badge, link, words
from texture_portal.console.pages import ReadOnlyAdmin


@admin.register(StreamPosition)
class StreamPositionAdmin(ReadOnlyAdmin):
    list_display = ("cloud", "standing", "told", "connected", "cut", "cut_because")
    list_select_related = ("connection__cloud__partner",)
    fields = ("cloud", "reached_through", "standing", "told", "connected", "cut", "cut_because", "last_event_id")
    readonly_fields = fields

    @display(description="Cloud")
    def cloud(self, row: StreamPosition) -> str:
        return str(row.connection.cloud)

    @display(description="Connection")
    def reached_through(self, row: StreamPosition) -> SafeString | str:
        return link(row.connection)

    @display(description="Stream")
    def standing(self, row: StreamPosition) -> SafeString:
        return badge("open", "success") if row.connected_at else badge("cut", "danger")

    @display(description="Last message", ordering="told_at")
    def told(self, row: StreamPosition) -> str:
        return at(row.told_at)

    @display(description="Open since", ordering="connected_at")
    def connected(self, row: StreamPosition) -> str:
        return at(row.connected_at)

    @display(description="Cut", ordering="cut_at")
    def cut(self, row: StreamPosition) -> str:
        return at(row.cut_at)

    @display(description="Because")
    def cut_because(self, row: StreamPosition) -> str:
        return words(row.cut_reason)


@admin.register(ReadingRefusal)
class ReadingRefusalAdmin(ReadOnlyAdmin):
    list_display = ("hour_mark", "partner_named", "way", "code_mark", "count", "last")
    list_filter = (("partner", RelatedDropdownFilter), ("way", ChoicesDropdownFilter))
    list_select_related = ("partner",)
    fields = ("hour_mark", "partner_named", "way", "code_mark", "count", "last")
    readonly_fields = fields

    @display(description="Hour", ordering="hour")
    def hour_mark(self, row: ReadingRefusal) -> str:
        return at(row.hour)

    @display(description="Partner", ordering="partner__name")
    def partner_named(self, row: ReadingRefusal) -> str:
        return row.partner.name if row.partner else "nobody that is known"

    @display(description="Not taken because", ordering="code")
    def code_mark(self, row: ReadingRefusal) -> SafeString:
        return badge(words(row.code), "warning")

    @display(description="Last", ordering="last_at")
    def last(self, row: ReadingRefusal) -> str:
        return at(row.last_at)


@admin.register(TelemetryExport)
class TelemetryExportAdmin(ReadOnlyAdmin):
    list_display = ("when", "actor_name", "subject", "range", "granularity", "reason")
    list_select_related = ("device", "portfolio")
    fields = ("when", "actor_name", "subject", "range", "granularity", "reason", "channel")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("device", "portfolio")

    @display(description="When", ordering="at")
    def when(self, row: TelemetryExport) -> str:
        return at(row.at)

    @display(description="Of")
    def subject(self, row: TelemetryExport) -> SafeString | str:
        return link(row.device or row.portfolio)

    @display(description="Range")
    def range(self, row: TelemetryExport) -> str:
        return f"{at(row.start)} to {at(row.end)}"
