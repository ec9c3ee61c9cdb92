"""The fleet by partner: how many devices are fresh, stale, offline, or never told anything."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from devices.freshness import Freshness
from devices.models import Device
from devices.telemetry import fleet
from partners.models import Partner
from texture_portal import clock
from texture_portal.console.marks import link, read_by, table


class FreshnessFilter(admin.SimpleListFilter):
    title = "freshness"
    parameter_name = "freshness"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(word.value, word.value) for word in Freshness]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Device]) -> QuerySet[Device]:
        word = self.value()
        if word is None or word not in list(Freshness):
            return queryset
        return queryset.filter(fleet.condition(Freshness(word), now=clock.now()))


def page(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("devices.view_device"):
        raise PermissionDenied
    with read_by(request.user):
        shown = _table()
    context = {**admin.site.each_context(request), "title": "Fleet", "opts": Device._meta, "fleet": shown}
    request.current_app = admin.site.name
    return TemplateResponse(request, "admin/devices/device/fleet.html", context)


def _table() -> dict[str, Any]:
    counts = fleet.by_partner(now=clock.now())
    partners = Partner.objects.filter(pk__in=counts).order_by("name")
    rows = [
        (link(each), *(_count(each, word, counts[each.pk][word]) for word in Freshness), sum(counts[each.pk].values()))
        for each in partners
    ]
    return table(("Partner", *(word.value.capitalize() for word in Freshness), "All"), rows)


def _count(partner: Partner, word: Freshness, count: int) -> Any:
    if not count:
        return 0
    address = f"{reverse('admin:devices_device_changelist')}?partner__id__exact={partner.pk}&freshness={word}"
    return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', address, count)
