"""A certificate of deletion as a page that prints: one HTML file with nothing outside it."""

from datetime import datetime
from typing import Any

from django.template.loader import render_to_string

from enrollments.models import DeletionRequest, RevocationDuty

WHO = dict(RevocationDuty.Kind.choices)
OUTCOMES = dict(RevocationDuty.Outcome.choices)


def page_of(document: dict[str, Any]) -> str:
    parts = document["sections"]
    about = parts["about"]
    shown = {
        "about": about,
        "via": dict(DeletionRequest.Via.choices)[about["via"]],
        "telemetry": dict(DeletionRequest.Telemetry.choices)[about["telemetry"]],
        "erased": parts["erased"],
        "told": [_told(each) for each in parts["told"]],
        "kept": parts["kept"] | {"until": _day(parts["kept"]["until"])},
        "seal": document["seal"],
        **{name: _day(about[at]) for name, at in (("asked", "askedAt"), ("begun", "begunAt"), ("done", "doneAt"))},
    }
    return render_to_string("evidence/certificate.html", shown)


def _told(told: dict[str, Any]) -> dict[str, Any]:
    return {"what": WHO[told["what"]], "outcome": OUTCOMES.get(told["outcome"], "open"), "at": _day(told["settledAt"])}


def _day(text: str | None) -> str:
    return f"{datetime.fromisoformat(text):%B %-d, %Y, %H:%M} UTC" if text else ""
