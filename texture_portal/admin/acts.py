"""The log of administrative acts: read, never written here."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from texture_portal.console.filters import WhenFilter
from texture_portal.console.marks import NOTHING, as_written, breakable
from texture_portal.console.pages import ReadOnlyAdmin
from texture_portal.console.search import BigTable
from texture_portal.models import Act

What = Act.What
_BAD = (What.LOGIN_REFUSED, What.LOCKED_OUT, What.SECOND_FACTOR_REFUSED)
_GRAVE = (What.PERMISSIONS_CHANGED, What.SECOND_FACTOR_TAKEN_AWAY, What.EXPORTED, What.LOCK_LIFTED)
MARKS = dict.fromkeys(What.values, "info") | dict.fromkeys(_BAD, "danger") | dict.fromkeys(_GRAVE, "warning")


@admin.register(Act)
class ActAdmin(BigTable, ReadOnlyAdmin):
    about_people = False
    list_display = ("at", "mark", "who", "address", "about", "short_detail")
    list_filter = (("what", ChoicesDropdownFilter), ("at", WhenFilter))
    search_help_text = "Whole user name of whoever did it, or of whom it was done to"
    ordering = ("-id",)
    sortable_by = ()
    fields = readonly_fields = ("at", "mark", "who", "address", "about", "whole_detail")

    def named(self, term: str) -> Q:
        return Q(username=term) | Q(about=term)

    @display(description="What", label=MARKS)
    def mark(self, act: Act) -> tuple[str, str]:
        return act.what, act.get_what_display()

    @display(description="Who")
    def who(self, act: Act) -> str:
        return act.username or NOTHING

    @display(description="More")
    def short_detail(self, act: Act) -> str:
        told = _told(act.detail)
        return told if len(told) <= 80 else f"{told[:79]}…"

    @display(description="More")
    def whole_detail(self, act: Act) -> str:
        return as_written("\n".join(f"{name}: {_value(value)}" for name, value in act.detail.items())) or breakable("")


def _told(detail: dict[str, Any]) -> str:
    return "; ".join(f"{name}: {_value(value)}" for name, value in detail.items()) or NOTHING


def _value(value: Any) -> str:
    """A pair is before and after, a difference what came and went."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_value(each)}" for name, each in value.items() if each)
    if isinstance(value, list) and len(value) == 2 and not isinstance(value[0], str):
        return f"{_value(value[0])} → {_value(value[1])}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
