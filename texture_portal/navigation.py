"""The admin's side bar: what staff do first stands first. Each entry shows for those who may view it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

# group: (title, icon, app, model)
GROUPS = {
    "Enrollment": (
        ("Review queue", "fact_check", "enrollments", "reviewcase"),
        ("Enrollments", "bolt", "enrollments", "enrollment"),
        ("Consents", "handshake", "enrollments", "consent"),
        ("Consent history", "history", "enrollments", "historicalconsent"),
    ),
    "Programs and devices": (
        ("Programs", "energy_savings_leaf", "programs", "program"),
        ("Participations", "group", "programs", "participation"),
        ("Devices", "battery_charging_full", "devices", "device"),
    ),
    "Partners": (
        ("Partners", "factory", "partners", "partner"),
        ("Refused requests", "block", "partners", "refusedrequest"),
        ("Kept answers", "mark_email_read", "partners", "idempotencyrecord"),
    ),
    "Territories": (
        ("Utilities", "electrical_services", "territories", "utility"),
        ("Service territories", "map", "territories", "serviceterritory"),
        ("Sites", "home_pin", "territories", "site"),
        ("Data sets", "dataset", "territories", "dataset"),
    ),
    "Staff": (
        ("Users", "person", "auth", "user"),
        ("Groups", "groups", "auth", "group"),
        ("Jobs", "schedule", "texture_portal", "heartbeat"),
    ),
}


def groups(request: HttpRequest) -> list[dict[str, Any]]:
    """As Unfold's `SIDEBAR.navigation` wants it."""
    return [
        {"title": title, "separator": True, "items": [_item(*entry) for entry in entries]}
        for title, entries in GROUPS.items()
    ]


def _item(title: str, icon: str, app: str, model: str) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse(f"admin:{app}_{model}_changelist"),
        "permission": _may_view(app, model),
    }


def _may_view(app: str, model: str) -> Callable[[HttpRequest], bool]:
    return lambda request: any(request.user.has_perm(f"{app}.{verb}_{model}") for verb in ("view", "change"))
