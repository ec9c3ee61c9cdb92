"""The admin's side bar: what staff do first stands first. Each entry shows for those who may view it.

Beside the review desk's entries stands how many cases wait there.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

from enrollments.models import ReviewCase
from enrollments.models.review import MOST_COUNTED
from texture_portal import clock

# group: (title, icon, app, model)
GROUPS = {
    "Enrollment": (
        ("Enrollments", "bolt", "enrollments", "enrollment"),
        ("Events", "event_note", "enrollments", "partnerevent"),
        ("Uploaded files", "upload_file", "enrollments", "enrollmentfile"),
        ("Consents", "handshake", "enrollments", "consent"),
        ("Consent history", "history", "enrollments", "historicalconsent"),
        ("Records asked for", "contact_mail", "enrollments", "evidencerequest"),
        ("Partners' records", "folder_managed", "enrollments", "evidencerecord"),
        ("Terms", "contract", "enrollments", "terms"),
        ("Checkpoints", "verified", "enrollments", "checkpoint"),
        ("Who looked", "visibility", "enrollments", "evidenceaccess"),
        ("Customers", "person", "partners", "customer"),
        ("Visits to link", "add_link", "enrollments", "linksession"),
        ("Ends", "power_settings_new", "enrollments", "deprovisioning"),
        ("Deletion requests", "delete_forever", "enrollments", "deletionrequest"),
        ("Revocations carried on", "move_down", "enrollments", "revocationduty"),
    ),
    "Programs and devices": (
        ("Programs", "energy_savings_leaf", "programs", "program"),
        ("Participations", "group", "programs", "participation"),
        ("Dispatch events", "campaign", "programs", "dispatchevent"),
        ("Devices in events", "checklist", "programs", "dispatchtarget"),
        ("Devices", "battery_charging_full", "devices", "device"),
        ("Commands", "bolt", "devices", "command"),
        ("Portfolios", "folder_special", "devices", "portfolio"),
        ("Clouds", "cloud", "devices", "cloud"),
        ("Connections", "link", "devices", "connection"),
        ("Connector documents", "schema", "devices", "connectordocument"),
        ("Discovered devices", "travel_explore", "devices", "discovereddevice"),
        ("Polling", "sync", "devices", "poll"),
        ("Calls of clouds", "monitoring", "devices", "callbucket"),
        ("Streams", "stream", "devices", "streamposition"),
        ("Readings not taken", "block", "devices", "readingrefusal"),
        ("Telemetry exports", "download", "devices", "telemetryexport"),
    ),
    "Partners": (
        ("Partners", "factory", "partners", "partner"),
        ("Certification", "fact_check", "devices", "certificationrun"),
        ("Scorecards", "bar_chart", "enrollments", "score"),
        ("Planned maintenance", "construction", "partners", "maintenance"),
        ("Certificates", "workspace_premium", "partners", "certificate"),
        ("Webhook endpoints", "webhook", "partners", "webhookendpoint"),
        ("Webhook deliveries", "outgoing_mail", "partners", "webhookdelivery"),
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
        ("Administrative acts", "policy", "texture_portal", "act"),
        ("Looks at personal data", "visibility", "texture_portal", "look"),
        ("Keys and secrets", "key", "texture_portal", "key"),
        ("Jobs", "schedule", "texture_portal", "heartbeat"),
    ),
}


def groups(request: HttpRequest) -> list[dict[str, Any]]:
    """As Unfold's `SIDEBAR.navigation` wants it."""
    shown = [
        {"title": title, "separator": True, "items": [_item(*entry) for entry in entries] + BESIDE.get(title, list)()}
        for title, entries in GROUPS.items()
    ]
    desk = {"title": "Review desk", "separator": True, "items": _desk(request)}
    return [desk, *shown] if desk["items"] else shown


def account(request: HttpRequest) -> list[dict[str, Any]]:
    """As Unfold's `ACCOUNT.navigation` wants it."""
    ways = [
        {"title": "Second factor", "link": reverse("second_factor")},
        {"title": "Where I am logged in", "link": reverse("open_sessions")},
    ]
    if not request.user.is_authenticated or request.user.has_usable_password():
        ways.insert(0, {"title": "Change password", "link": reverse("admin:password_change")})
    return ways


def _fleet() -> dict[str, Any]:
    of_devices = _item("Fleet", "monitoring", "devices", "device")
    return {**of_devices, "link": reverse("admin:devices_device_fleet")}


def _find() -> dict[str, Any]:
    return {"title": "Find", "icon": "search", "link": reverse("find")}


BESIDE: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "Enrollment": lambda: [_find()],
    "Programs and devices": lambda: [_fleet()],
}


def _desk(request: HttpRequest) -> list[dict[str, Any]]:
    """The queue and what one has taken of it, with how many wait: red where one is late."""
    if not _may_view("enrollments", "reviewcase")(request):
        return []
    counts = ReviewCase.objects.waiting(user_id=request.user.pk, now=clock.now())
    queue = _item("Review queue", "fact_check", "enrollments", "reviewcase")
    mine = {**queue, "title": "My cases", "icon": "person_check", "link": f"{queue['link']}?holder=me"}
    at_desk, of_mine = request.path.startswith(queue["link"]), request.GET.get("holder") == "me"
    queue["active"], mine["active"] = at_desk and not of_mine, at_desk and of_mine
    return [
        queue | _badge(counts["all"], late=counts["all_late"]),
        mine | _badge(counts["mine"], late=counts["mine_late"]),
    ]


def _badge(count: int, *, late: int) -> dict[str, Any]:
    if not count:
        return {}
    shown = count if count < MOST_COUNTED else f"{count}+"
    return {"badge": shown, "badge_variant": "danger" if late else "primary", "badge_style": "solid"}


def _item(title: str, icon: str, app: str, model: str) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse(f"admin:{app}_{model}_changelist"),
        "permission": _may_view(app, model),
    }


def _may_view(app: str, model: str) -> Callable[[HttpRequest], bool]:
    return lambda request: any(request.user.has_perm(f"{app}.{verb}_{model}") for verb in ("view", "change"))


def environment(request: HttpRequest) -> tuple[str, str] | None:
    """The mark on every page of the console, where nothing is real."""
    return ("Sandbox", "warning") if settings.SANDBOX else None


def putting_away(request: HttpRequest) -> str:
    """The script that takes a page off a screen when its session is over by idleness."""
    minutes = settings.SESSION_IDLE_MINUTES if request.user.is_authenticated else 0
    return f"{static('console/away.js')}?minutes={minutes}"
