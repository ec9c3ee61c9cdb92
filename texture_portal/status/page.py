"""The page itself, in the languages of pages for the public."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from texture_portal import clock
from texture_portal.status.components import State, components
from texture_portal.status.history import DAYS
from texture_portal.status.shown import HIGH, STEP, WIDE, told


@require_safe
@never_cache
def status_page(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    found = components(now=now)
    shown = {
        "components": found, "all_up": all(each.state == State.UP for each in found), "now": now, "days": DAYS,
        "history": told(now=now), "width": STEP * DAYS - (STEP - WIDE), "bar_width": WIDE, "height": HIGH,
    }  # fmt: skip
    return render(request, "status/page.html", shown)
