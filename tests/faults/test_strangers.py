"""Every route under /v1/ as a stranger, and without a token. A new route needs a line here."""

import re
import uuid
from collections.abc import Iterator

import pytest
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver

from partners.models import Partner
from tests.contract.client import close_connections
from tests.contract.payloads import consent, endpoint, enrollment, event, planned
from tests.factories import commanded, linkable_cloud
from texture_portal.urls import urlpatterns

pytestmark = pytest.mark.django_db(transaction=True)

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

# route: {method: body}, and None where the route answers anybody. An id in it is of something of the victim's.
ROUTES = {
    "v1/openapi.json": None,
    "v1/enrollments": {"GET": None, "POST": enrollment},
    "v1/enrollments/batch": {"POST": lambda: {"enrollments": [{"requestId": "r-1", **enrollment()}]}},
    "v1/enrollments/<uuid:enrollment_id>": {
        "GET": None,
        "PATCH": lambda: {"customer": {"utilityAccountNumber": "999"}},
    },
    "v1/enrollments/<uuid:enrollment_id>/consents": {"POST": consent},
    "v1/enrollments/<uuid:enrollment_id>/history": {"GET": None},
    "v1/enrollments/<uuid:enrollment_id>/evidence": {
        "GET": None,
        "POST": lambda: {"method": "log", "capturedAt": "2026-05-01T17:03:00Z", "termsVersion": "2026-01"},
    },
    "v1/evidence-requests": {"GET": None},
    "v1/events": {"POST": lambda: event("consent.expired", "unknown")},
    "v1/events/<path:event_id>": {"GET": None},
    "v1/devices": {"GET": None},
    "v1/devices/<uuid:device_id>": {"GET": None},
    "v1/device-types": {"GET": None},
    "v1/devices/<uuid:device_id>/telemetry": {"GET": None},
    "v1/telemetry": {"POST": lambda: {"readings": [{}]}},
    "v1/programs": {"GET": None},
    "v1/commands": {"GET": None},
    "v1/commands/<uuid:command_id>": {"GET": None},
    "v1/commands/<uuid:command_id>/status": {
        "POST": lambda: {"status": "accepted", "occurredAt": "2026-05-01T17:03:00Z"},
    },
    "v1/maintenance": {"GET": None, "POST": planned},
    "v1/maintenance/<uuid:maintenance_id>": {"GET": None, "DELETE": dict},
    "v1/webhook-endpoints": {"GET": None, "POST": endpoint},
    "v1/webhook-endpoints/<uuid:endpoint_id>": {"GET": None, "DELETE": dict},
    "v1/webhook-endpoints/<uuid:endpoint_id>/rotate-secret": {"POST": dict},
    "v1/webhook-endpoints/<uuid:endpoint_id>/test": {"POST": dict},
    "v1/link-sessions": {"POST": lambda: {"manufacturerDeviceId": "PW3-1"}},
    "v1/link-sessions/<uuid:session_id>": {"GET": None},
    "v1/eligibility": {
        "POST": lambda: {
            "address": enrollment()["site"]["address"],
            "device": {"type": "battery", "capabilities": enrollment()["device"]["capabilities"]},
        }
    },
}
NOTHING_HERE = r"^v1(/.*)?$"  # the problem that answers for whatever is no route


def routes(patterns=urlpatterns, before: str = "") -> Iterator[str]:
    for each in patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, route)
        elif isinstance(each, URLPattern) and route.lstrip("^").startswith("v1"):
            yield route


def calls(*, with_an_id: bool) -> list[tuple[str, str]]:
    return [
        (method, route)
        for route, methods in ROUTES.items()
        if methods and ("<" in route) is with_an_id
        for method in methods
    ]


def address_of(route: str, object_id: str) -> str:
    return "/" + re.sub(r"<[^>]+>", object_id, route)


def test_every_route_has_a_line_in_the_table():
    assert sorted(routes()) == sorted([*ROUTES, NOTHING_HERE])


def test_every_method_of_a_route_has_a_line_in_the_table(client):
    for route, methods in ROUTES.items():
        if methods is not None:
            for method in METHODS:
                status = client.generic(method, address_of(route, str(uuid.uuid4()))).status_code
                assert (status != 405) is (method in methods), f"{method} {route}: {status}"


@pytest.fixture
def onboarded(live_server, onboard):
    yield lambda: onboard(live_server.url.removeprefix("http://"))
    close_connections()


def ask(partner, method: str, path: str, body):
    if method == "GET":
        return partner.get(path)
    return partner.sign_and_send(partner.draft(method, path, body()))


def told(answer) -> dict:
    return {name: value for name, value in answer.json.items() if name not in {"requestId", "instance"}}


@pytest.mark.parametrize(("method", "route"), calls(with_an_id=True))
def test_a_stranger_finds_nothing_and_changes_nothing(onboarded, method, route):
    victim, stranger = onboarded(), onboarded()
    made = victim.enrolled(enrollment())
    if "event_id" in route:  # the victim's event goes by the id of its enrollment
        sent = event("device.connectivity_restored", made["device"]["manufacturerDeviceId"], id=made["id"])
        assert victim.post("/v1/events", sent).status == 202
    theirs = victim.post("/v1/webhook-endpoints", endpoint()).json["id"] if "endpoint_id" in route else made["id"]
    if "maintenance_id" in route:
        theirs = victim.post("/v1/maintenance", planned()).json["id"]
    if "session_id" in route:
        linkable_cloud(Partner.objects.get(pk=victim.partner_id))
        theirs = victim.post("/v1/link-sessions", {"enrollmentId": made["id"]}).json["id"]
    if "command_id" in route:
        theirs = str(commanded(made["device"]["id"]).pk)
    body = ROUTES[route][method]
    there_is = address_of(route, made["device"]["id"] if "device_id" in route else theirs)
    there = ask(stranger, method, there_is, body)
    nowhere = ask(stranger, method, address_of(route, str(uuid.uuid4())), body)
    assert (there.status, there.code) == (404, "not_found")
    assert told(there) == told(nowhere)
    assert victim.get(f"/v1/enrollments/{made['id']}").json == made
    assert ask(victim, method, there_is, body).status < 300  # it is the stranger, not the call


@pytest.mark.parametrize(("method", "route"), calls(with_an_id=True) + calls(with_an_id=False))
@pytest.mark.parametrize(
    ("token", "code"), [(None, "token_missing"), ("Bearer nonsense", "token_invalid"), ("Basic eDp5", "token_missing")]
)
def test_nobody_gets_in_without_a_token(client: Browser, method, route, token, code):
    headers = {"Authorization": token} if token else {}
    answer = client.generic(method, address_of(route, str(uuid.uuid4())), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_document_of_the_interface_is_for_anybody(client: Browser):
    assert client.get("/v1/openapi.json").status_code == 200
    assert [route for route, methods in ROUTES.items() if methods is None] == ["v1/openapi.json"]
