"""`POST /oauth/token/`: client credentials, and nothing else (contract §2.1)."""

import base64
from datetime import timedelta

import pytest
from django.test import Client

from partners.models import Application, Partner
from partners.scopes import SCOPES
from texture_portal import clock

pytestmark = [pytest.mark.django_db, pytest.mark.urls("door_views")]


def ask(onboarded, *, secret=None, basic=False, **form):
    made = onboarded.client
    credentials = {"client_id": made.application.client_id, "client_secret": secret or made.secret}
    form = {"grant_type": "client_credentials", **form}
    if not basic:
        return Client().post("/oauth/token/", form | credentials)
    text = base64.b64encode(":".join(credentials.values()).encode()).decode()
    return Client().post("/oauth/token/", form, headers={"Authorization": f"Basic {text}"})


@pytest.mark.parametrize("basic", [True, False])
def test_a_token_lives_an_hour_and_has_all_the_clients_scopes(onboard, basic):
    answer = ask(onboard(scopes=("events:write", "enrollments:read")), basic=basic)
    assert answer.status_code == 200
    token = answer.json()
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 3600)
    assert set(token["scope"].split()) == {"events:write", "enrollments:read"}
    assert "refresh_token" not in token
    assert answer["Cache-Control"] == "no-store"


def test_every_scope_of_the_contract_may_be_asked_for(onboard):
    assert set(ask(onboard(), scope=" ".join(SCOPES)).json()["scope"].split()) == set(SCOPES)


def test_fewer_scopes_may_be_asked_for_but_no_others(onboard):
    onboarded = onboard(scopes=("events:write", "enrollments:read"))
    assert ask(onboarded, scope="events:write").json()["scope"] == "events:write"
    for scope in ("enrollments:write", "events:write enrollments:write", "no:such"):
        answer = ask(onboarded, scope=scope)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_a_wrong_secret_and_an_unknown_client(onboard):
    onboarded = onboard()
    for basic in (True, False):
        answer = ask(onboarded, secret="wrong", basic=basic)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    onboarded.client.application.client_id = "nobody\x00"
    assert ask(onboarded).status_code == 401


@pytest.mark.parametrize(
    "grant_type",
    ["authorization_code", "password", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code", ""],
)
def test_no_other_grant_is_given(onboard, grant_type):
    answer = ask(onboard(), grant_type=grant_type, code="x", username="x", password="x", refresh_token="x")
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_a_request_that_is_no_form():
    answer = Client().post("/oauth/token/", {"grant_type": "client_credentials"}, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert Client().get("/oauth/token/").status_code == 405
    assert Client().post("/oauth/token/", {"grant_type": "x" * 70_000}).status_code == 413


def test_who_gets_no_token_and_who_does(onboard):
    onboarded, earlier = onboard(), clock.now() - timedelta(seconds=1)
    for change in ({"expires_at": earlier}, {"revoked_at": earlier}):
        Application.objects.update(**change)
        answer = ask(onboarded)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        Application.objects.update(expires_at=None, revoked_at=None)
    Partner.objects.update(status="suspended")
    assert ask(onboarded).status_code == 200
    Partner.objects.update(status="ended")
    assert ask(onboarded).status_code == 401


def test_neither_secrets_nor_tokens_are_kept_readable(onboard):
    onboarded = onboard()
    token = ask(onboarded).json()["access_token"]
    application = Application.objects.get()
    assert onboarded.client.secret not in application.client_secret
    assert token not in application.accesstoken_set.get().token
