"""The pages of /docs/: for everybody, without a log-in and without anything from elsewhere."""

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from devices.kinds import KINDS, RATINGS
from enrollments.partner_sandbox import maker
from enrollments.partner_sandbox.lateness import LATENESS
from enrollments.partner_sandbox.reset import AT_ONCE
from enrollments.partner_sandbox.scenarios import SCENARIOS
from partners import answers
from partners.limits import MEANINGS, SECONDS_A_DEVICE, Category, limit_of
from partners.sandbox.oauth.outcomes import OUTCOMES
from partners.scopes import CATEGORY_OF, SCOPES
from territories.geocoding.staged import STAGED
from texture_portal.docs import errors, markdown, pages, reference, registry
from texture_portal.openapi import link_sessions
from texture_portal.openapi.calls.table import CALLS
from texture_portal.openapi.document import document
from texture_portal.openapi.problems import ENROLLMENT_ID

# What a link session says of the made-up manufacturer's accounts (`partners.sandbox.oauth.outcomes`).
FAULTS = {"denied": "access_denied", "no-devices": "no_devices", "refused": "refused", "down": "away"}
IMAGES = {".svg": "image/svg+xml; charset=utf-8"}


@require_safe
def guide(request: HttpRequest, slug: str = "") -> HttpResponse:
    file = pages.file_of(slug)
    if file is None:
        raise Http404("There is no such page.")
    text = file.read_text(encoding="utf-8")
    shown = _rendered(text, slug.rpartition("/")[0])
    return _page(request, "docs/guide.html", slug, title=pages.title_of(text), page=shown)


@require_safe
def error_page(request: HttpRequest) -> HttpResponse:
    told = {"categories": errors.categories(), "faults": errors.fault_codes()}
    return _page(request, "docs/errors.html", "errors", title="Errors", **told)


@require_safe
def rate_limits(request: HttpRequest) -> HttpResponse:
    least = limit_of(Category.METADATA, devices=0, raised={})
    rows = [(each, MEANINGS[each], [scope for scope in SCOPES if CATEGORY_OF[scope] == each]) for each in Category]
    told = {"rows": rows, "least": least, "state": least.state(least.burst - 1), "a_device": SECONDS_A_DEVICE // 60}
    return _page(request, "docs/rate_limits.html", "rate-limits", title="Rate limits", **told)


@require_safe
def sandbox(request: HttpRequest) -> HttpResponse:
    own = maker.here()
    told = {
        "addresses": STAGED,
        "scenarios": SCENARIOS.items(),
        "sent": json.dumps({"scenario": "resolve_review", "enrollmentId": ENROLLMENT_ID}, indent=2),
        "at_once": AT_ONCE,
        "accounts": [(name, comes_to, FAULTS[name]) for name, comes_to in OUTCOMES.items()],
        "lateness": LATENESS.items(),
        "late": json.dumps({"scenario": "expire", "linkSessionId": link_sessions.MADE["id"]}, indent=2),
        "maker": own.base_url if own else "",
    }
    return _page(request, "docs/sandbox.html", "sandbox", title="The sandbox", **told)


@require_safe
def device_types(request: HttpRequest) -> HttpResponse:
    told = {"kinds": [registry.shown(kind) for kind in KINDS.values()], "ratings": RATINGS}
    return _page(request, "docs/device_types.html", "device-types", title="Device types", **told)


@require_safe
def api_reference(request: HttpRequest) -> HttpResponse:
    groups = reference.groups(document(answers.origin(request)))
    return _page(request, "docs/reference.html", "reference", title="API reference", groups=groups)


@require_safe
def try_page(request: HttpRequest) -> HttpResponse:
    calls = [{"method": call.method, "path": call.path, "summary": call.summary, "body": call.sent} for call in CALLS]
    return _page(request, "docs/try.html", "try", title="Try it", calls=calls)


@require_safe
def changelog(request: HttpRequest) -> HttpResponse:
    text = pages.CHANGELOG.read_text(encoding="utf-8")
    return _page(request, "docs/guide.html", "changelog", title=pages.title_of(text), page=_rendered(text, ""))


@require_safe
def example(request: HttpRequest, name: str) -> HttpResponse:
    """A runnable example, to be fetched with curl."""
    return _file(pages.FOLDER / markdown.EXAMPLES, name, lambda _: "text/plain; charset=utf-8")


@require_safe
def image(request: HttpRequest, name: str) -> HttpResponse:
    return _file(pages.FOLDER, name, lambda path: IMAGES.get(path.suffix))


@lru_cache(maxsize=64)
def _rendered(text: str, below: str) -> markdown.Rendered:
    return markdown.render(text, folder=pages.FOLDER, below=below)


def _page(request: HttpRequest, template: str, slug: str, **told: Any) -> HttpResponse:
    return render(request, template, {"menu": pages.menu(), "slug": slug, **told})


def _file(folder: Path, name: str, type_of: Callable[[Path], str | None]) -> HttpResponse:
    path = next((path for path in folder.glob("*") if path.name == name and path.is_file()), None)
    kind = type_of(path) if path else None
    if path is None or kind is None:
        raise Http404("There is no such file.")
    return HttpResponse(path.read_bytes(), content_type=kind)
