"""A partner keeps its endpoints by the API (contract §9), over HTTP."""

import base64
import uuid

import pytest

from partners.models import IdempotencyRecord, Partner, WebhookEndpoint, WebhookSecret
from partners.webhooks.endpoints import MOST_ENDPOINTS
from tests.contract.client import close_connections
from tests.contract.payloads import endpoint, enrollment
from tests.webhooks.conftest import deliver
from texture_portal import vault

ENDPOINTS = "/v1/webhook-endpoints"


@pytest.fixture
def oem(live_server, onboard):
    yield onboard(live_server.url.removeprefix("http://"))
    close_connections()


def test_from_the_first_endpoint_to_the_last(oem, receiver):
    there = receiver()
    made = oem.post(ENDPOINTS, {"url": there.url, "eventTypes": ["enrollment.created", "enrollment.created"]})
    assert (made.status, made.json["eventTypes"], made.json["status"]) == (201, ["enrollment.created"], "enabled")
    assert len(base64.b64decode(made.json["secret"].removeprefix("whsec_"))) >= 24
    place = made.headers["Location"]
    shown = {name: value for name, value in made.json.items() if name != "secret"}
    assert (oem.get(place).json, oem.get(ENDPOINTS).json) == (shown, {"data": [shown], "nextCursor": None})

    enrolled = oem.enrolled(enrollment())
    test = oem.post(f"{place}/test", {})
    assert (test.status, test.json["type"]) == (202, "test")
    deliver()
    assert {each.document["type"] for each in there.received} == {"enrollment.created", "test"}
    [created] = [each.document for each in there.received if each.document["type"] != "test"]
    assert {**enrolled, "previousState": None, "reason": "enrollment_received"} == created["data"]
    assert test.json["key"] in {each.headers["webhook-id"] for each in there.received}

    rotated = oem.post(f"{place}/rotate-secret", {})
    assert rotated.status == 200
    assert rotated.json["secret"] != made.json["secret"]
    assert {name: value for name, value in rotated.json.items() if name != "secret"} == shown

    gone = oem.sign_and_send(oem.draft("DELETE", place, b""))
    assert (gone.status, gone.json) == (200, {"id": shown["id"], "deleted": True})
    assert (oem.get(place).status, oem.get(ENDPOINTS).json["data"]) == (404, [])
    assert oem.post(f"{place}/test", {}).code == "not_found"
    oem.enrolled(enrollment())
    deliver()
    assert len(there.received) == 2
    assert not Partner.objects.get(pk=oem.partner_id).takes_webhooks


def test_a_secret_is_shown_once_replayed_byte_for_byte_and_nowhere_in_the_clear(oem):
    key = str(uuid.uuid4())
    body = endpoint()
    first, second = (oem.post(ENDPOINTS, body, key=key) for _ in range(2))
    assert first.body == second.body
    assert (second.replayed, WebhookEndpoint.objects.count()) == (True, 1)
    secret = first.json["secret"]
    for row in [*IdempotencyRecord.objects.values_list("body", flat=True), WebhookSecret.objects.get().sealed]:
        assert secret.encode() not in bytes(row)
        assert base64.b64decode(secret.removeprefix("whsec_")) not in bytes(row)
    assert bytes(WebhookSecret.objects.get().sealed)[:1] == vault.VERSION


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, {"/url", "/eventTypes"}),
        ({"url": "https://10.0.0.1/in", "eventTypes": ["*"]}, {"/url"}),
        ({"url": "ftp://hooks.example/in", "eventTypes": ["enrollment.exploded"]}, {"/url", "/eventTypes/0"}),
        ({"url": "https://hooks.example/in", "eventTypes": []}, {"/eventTypes"}),
        ({"url": "https://hooks.example/in", "eventTypes": ["*"], "secret": "mine"}, {"/secret"}),
    ],
)
def test_what_is_wrong_is_said_all_at_once(oem, body, pointers):
    refused = oem.post(ENDPOINTS, body)
    assert (refused.status, refused.code) == (400, "validation_failed")
    assert {each["pointer"] for each in refused.json["errors"]} == pointers


def test_there_are_so_many_endpoints_and_no_more(oem):
    for _ in range(MOST_ENDPOINTS):
        assert oem.post(ENDPOINTS, endpoint()).status == 201
    assert oem.post(ENDPOINTS, endpoint()).code == "state_conflict"


def test_an_empty_body_will_do_where_there_is_nothing_to_say(oem):
    place = oem.post(ENDPOINTS, endpoint()).headers["Location"]
    assert oem.post(f"{place}/rotate-secret", b"").status == 200
    assert oem.post(f"{place}/rotate-secret", {"typo": 1}).json["errors"][0]["code"] == "unknown_field"
