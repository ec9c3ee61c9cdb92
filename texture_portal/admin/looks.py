"""Who looked at personal data: read by auditors, never written here."""

from django.contrib import admin
from django.db.models import Q
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from texture_portal.console.filters import WhenFilter
from texture_portal.console.marks import NOTHING, as_written
from texture_portal.console.pages import ReadOnlyAdmin
from texture_portal.console.search import BigTable
from texture_portal.models import Look

MARKS = dict.fromkeys(Look.What.values, "info") | {Look.What.EXPORTED.value: "warning"}


@admin.register(Look)
class LookAdmin(BigTable, ReadOnlyAdmin):
    about_people = False
    list_display = ("at", "mark", "username", "table", "number", "narrowed", "address")
    list_filter = (("what", ChoicesDropdownFilter), ("at", WhenFilter))
    search_help_text = "Whole user name, or the id of an enrollment, device, consent or site that was looked at"
    ordering = ("-id",)
    sortable_by = ()
    fields = readonly_fields = ("at", "mark", "username", "address", "table", "narrowed", "number", "which")

    def named(self, term: str) -> Q:
        return Q(rows__contains=[term]) if len(term) > 30 or term.isdecimal() else Q(username=term)

    @display(description="What", label=MARKS)
    def mark(self, look: Look) -> tuple[str, str]:
        return look.what, look.get_what_display()

    @display(description="Rows")
    def number(self, look: Look) -> int:
        return len(look.rows)

    @display(description="Narrowed by")
    def narrowed(self, look: Look) -> str:
        return ", ".join(look.narrowed_by) or NOTHING

    @display(description="Which")
    def which(self, look: Look) -> str:
        return as_written("\n".join(look.rows))
