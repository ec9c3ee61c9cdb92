"""Utilities, their territories and the data sets they came from: looked up here, changed by imports."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from territories.models import DataSet, ServiceTerritory, Site, Utility
from territories.models.utility import RETAIL_SEGMENTS
from texture_portal.console.filters import WhenFilter
from texture_portal.console.pages import ReadOnlyAdmin, ReadOnlyInline
from texture_portal.console.search import BigTable, as_uuid

DECLARED_HERE = "account_number_form"  # the one field of a utility that is no import's
UTILITY_OF_HOMES = "resolved_utility"  # the field whose search offers only utilities that serve homes


class TerritoryInline(ReadOnlyInline):
    model = ServiceTerritory
    fields = readonly_fields = ("name", "state", "source_id", "data_set", "repaired")
    verbose_name_plural = "Service territories"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("data_set").defer("boundary")


@admin.register(Utility)
class UtilityAdmin(ReadOnlyAdmin):
    list_display = ("name", "eia_id", "segment", "status_mark", "jurisdiction", "customer_count")
    list_filter = (("segment", ChoicesDropdownFilter), ("status", ChoicesDropdownFilter))
    search_fields = ("name", "eia_id", "jurisdiction")
    inlines = (TerritoryInline,)
    fields = (
        "id", "name", "eia_id", "segment", "status", "successor", "jurisdiction", "customer_count",
        "account_number_form", "updated_at",
    )  # fmt: skip
    readonly_fields = tuple(field for field in fields if field != DECLARED_HERE)

    def has_change_permission(self, request: HttpRequest, obj: Utility | None = None) -> bool:
        """Imports change the rest; this one thing people declare, and the page keeps who did."""
        return request.user.has_perm("territories.change_utility")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Utility], search_term: str
    ) -> tuple[QuerySet[Utility], bool]:
        if request.GET.get("field_name") == UTILITY_OF_HOMES:
            queryset = queryset.filter(segment__in=RETAIL_SEGMENTS, status=Utility.Status.ACTIVE)
        found: tuple[QuerySet[Utility], bool] = super().get_search_results(request, queryset, search_term)
        return found

    @display(
        description="Status",
        ordering="status",
        label={"active": "success", "pending": "warning", "defunct": "danger"},
    )
    def status_mark(self, utility: Utility) -> tuple[str, str]:
        return utility.status, utility.get_status_display()


@admin.register(ServiceTerritory)
class ServiceTerritoryAdmin(ReadOnlyAdmin):
    list_display = ("name", "state", "utility", "data_set", "repaired")
    list_filter = (("data_set__kind", ChoicesDropdownFilter), "repaired")
    search_fields = ("name", "source_id", "utility__name", "utility__eia_id")
    fields = readonly_fields = ("name", "state", "source_id", "utility", "data_set", "repaired")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("utility", "data_set").defer("boundary")


@admin.register(DataSet)
class DataSetAdmin(ReadOnlyAdmin):
    list_display = ("name", "version", "kind", "in_force_since")
    list_filter = (("kind", ChoicesDropdownFilter),)
    search_fields = ("name", "digest")
    fields = readonly_fields = ("name", "version", "kind", "in_force_since", "digest", "summary")


@admin.register(Site)
class SiteAdmin(BigTable, ReadOnlyAdmin):
    list_display = ("__str__", "utility", "cca", "accuracy_meters", "geocoder", "created_at")
    list_filter = (("utility", AutocompleteSelectFilter), ("created_at", WhenFilter))
    list_select_related = ("utility", "cca")
    search_help_text = "Whole postal code, or site id"
    ordering = ("-id",)

    def named(self, term: str) -> Q:
        return Q(pk=as_uuid(term)) if as_uuid(term) else Q(postal_code=term)

    fields = readonly_fields = (
        "id", "street_one", "street_two", "city", "state", "postal_code", "country", "latitude", "longitude",
        "accuracy_meters", "timezone", "geocoder", "utility", "cca", "created_at", "updated_at",
    )  # fmt: skip
