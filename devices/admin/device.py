from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.html import format_html_join
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from devices.admin import exporting, fleet, ordering, telling
from devices.admin.fleet import FreshnessFilter
from devices.kinds import KINDS, RATINGS, DeviceType, command_of
from devices.models import Device
from devices.search import customer_ids, device_ids
from texture_portal import clock
from texture_portal.console.exports import ExportMixin
from texture_portal.console.marks import at, words
from texture_portal.console.pages import ReadOnlyAdmin
from texture_portal.console.search import BigTable
from texture_portal.console.verbs import VerbsMixin


@admin.register(Device)
class DeviceAdmin(ExportMixin, BigTable, VerbsMixin, ReadOnlyAdmin):
    list_display = (
        "manufacturer_device_id", "serial_number", "maker", "type_mark", "partner", "freshness_mark",
        "last_sign_of_life",
    )  # fmt: skip
    list_filter = (("type", ChoicesDropdownFilter), ("partner", RelatedDropdownFilter), FreshnessFilter)
    change_form_outer_after_template = "admin/devices/device/telling.html"
    verbs = (exporting.VERB,)
    list_select_related = ("partner",)
    list_before_template = "admin/devices/device/fleet_link.html"
    search_help_text = "Whole serial number, manufacturer's device id, customer reference, or device id"
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("id", "partner", "customer", "manufacturer_device_id", "serial_number")}),
        ("What it is", {"fields": ("manufacturer", "model", "type", "commissioned_on", "ratings_listed")}),
        ("What it can do", {"fields": ("controllable", "telemetry", "commands_listed", "state_fields")}),
        ("What may be done with it", {"fields": ("may_read", "may_control", "cleared_for", "cleared_until_when")}),
        ("Where and since when", {"fields": ("site", "last_sign_of_life", "created_at", "updated_at")}),
    )
    readonly_fields = (
        "id",
        "commands_listed",
        "ratings_listed",
        "state_fields",
        "last_sign_of_life",
        "may_read",
        "may_control",
        "cleared_for",
        "cleared_until_when",
        "created_at",
        "updated_at",
    )

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("fleet/", view(fleet.page), name="devices_device_fleet"),
            path("<path:object_id>/order/", view(self.order_view), name="devices_device_order"),
            *super().get_urls(),
        ]

    def order_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return ordering.page(request, self.get_object(request, object_id), site=self.admin_site)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        device = self.get_object(request, object_id)
        if device is not None and self.has_view_permission(request, device):
            told = telling.context(device, now=clock.now()) | {"verbs": self.buttons(request, device)}
            told["may_order"] = request.user.has_perm(ordering.ISSUE) and device.controllable and device.commands
            kwargs["extra_context"] = {**(kwargs.get("extra_context") or {}), **told}
        page: HttpResponse = super().change_view(request, object_id, *args, **kwargs)
        return page

    def named(self, term: str) -> Q:
        return Q(pk__in=device_ids(term)) | Q(customer__in=customer_ids(term))

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("partner", "customer", "site")

    @display(description="Maker and model", ordering="manufacturer")
    def maker(self, device: Device) -> str:
        return f"{device.manufacturer} {device.model}"

    @display(description="Type", ordering="type", label=True)
    def type_mark(self, device: Device) -> str:
        return device.type

    @display(description="Freshness", ordering="last_reading_at")
    def freshness_mark(self, device: Device) -> str:
        return telling.freshness_badge(device, now=clock.now())

    @display(description="Commands")
    def commands_listed(self, device: Device) -> str:
        return format_html_join("", "<p><code>{}</code><br>{}</p>", map(_command, device.commands)) or "none"

    @display(description="Ratings")
    def ratings_listed(self, device: Device) -> str:
        stated = [(name, value, RATINGS[name]) for name, value in device.ratings.items() if value is not None]
        return format_html_join("", "<p><code>{}</code> {}<br>{}</p>", stated) or "none stated"

    @display(description="What it tells of itself")
    def state_fields(self, device: Device) -> str:
        told = [(field.name, field.meaning, field.sign) for field in KINDS[DeviceType(device.type)].fields]
        return format_html_join("", "<p><code>{}</code><br>{} {}</p>", told) or "nothing"

    @display(description="Within the consent's scope")
    def cleared_for(self, device: Device) -> str:
        return ", ".join(map(words, device.cleared_types)) or "nothing"

    @display(description="Until the consent runs out")
    def cleared_until_when(self, device: Device) -> str:
        return at(device.cleared_until)

    @display(description="Last sign of life")
    def last_sign_of_life(self, device: Device) -> str:
        return at(device.last_sign_of_life_at)


def _command(slug: str) -> tuple[str, str]:
    command = command_of(slug)
    return slug, command.meaning if command else "A command that is no longer in the registry."
