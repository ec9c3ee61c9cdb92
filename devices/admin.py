from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from devices.models import Device
from texture_portal.console.marks import at
from texture_portal.console.pages import ReadOnlyAdmin


@admin.register(Device)
class DeviceAdmin(ReadOnlyAdmin):
    list_display = ("manufacturer_device_id", "serial_number", "maker", "type_mark", "partner", "last_sign_of_life")
    list_filter = (("type", ChoicesDropdownFilter), ("partner", RelatedDropdownFilter))
    list_select_related = ("partner",)
    search_fields = ("manufacturer_device_id", "serial_number", "customer__reference_id", "id")
    fieldsets = (
        (None, {"fields": ("id", "partner", "customer", "manufacturer_device_id", "serial_number")}),
        ("What it is", {"fields": ("manufacturer", "model", "type", "commissioned_on", "ratings")}),
        ("What it can do", {"fields": ("controllable", "telemetry", "commands_listed")}),
        ("Where and since when", {"fields": ("site", "last_sign_of_life", "created_at", "updated_at")}),
    )
    readonly_fields = ("id", "commands_listed", "last_sign_of_life", "created_at", "updated_at")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("partner", "customer", "site")

    @display(description="Maker and model", ordering="manufacturer")
    def maker(self, device: Device) -> str:
        return f"{device.manufacturer} {device.model}"

    @display(description="Type", ordering="type", label=True)
    def type_mark(self, device: Device) -> str:
        return device.type

    @display(description="Commands")
    def commands_listed(self, device: Device) -> str:
        return ", ".join(device.commands) or "none"

    @display(description="Last sign of life")
    def last_sign_of_life(self, device: Device) -> str:
        return at(device.last_sign_of_life_at)
