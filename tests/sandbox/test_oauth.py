"""OAuth as a client by the book (Authlib) sees it, and as somebody who does not keep to the book."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from tests.waiting import PATIENCE

CALLBACK = "http://127.0.0.1:9/callback"
ALL = "devices.read telemetry.read commands.write offline_access"


@pytest.fixture(autouse=True)
def _over_plain_http(monkeypatch):
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.fixture
def client(cloud):
    with OAuth2Session(
        cloud.told["client"]["id"],
        cloud.told["client"]["secret"],
        scope=ALL,
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
    ) as session:
        yield session


@pytest.fixture
def discovered(cloud):
    return cloud.http.get(f"{cloud.url}/.well-known/oauth-authorization-server", timeout=PATIENCE).json()


@pytest.fixture
def consented(cloud, client, discovered):
    """What the callback was called with, after the end user's decision; and the verifier."""

    def decide(decision="allow", *, account="resident-1", password="sandbox", **changed):
        verifier = generate_token(48)
        url, _ = client.create_authorization_url(discovered["authorization_endpoint"], code_verifier=verifier)
        asked = dict(parse_qsl(urlsplit(url).query)) | changed
        form = {**asked, "account": account, "password": password, "decision": decision}
        answer = cloud.http.post(f"{cloud.url}/oauth/authorize", data=form, allow_redirects=False, timeout=PATIENCE)
        return answer, verifier

    return decide


def told_by(answer):
    assert answer.status_code == 303, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


@pytest.fixture
def linked(client, discovered, consented):
    def link(**options):
        answer, verifier = consented(**options)
        return client.fetch_token(discovered["token_endpoint"], code=told_by(answer)["code"], code_verifier=verifier)

    return link


def bearer(cloud, token, path="/v1/devices"):
    return cloud.api("GET", path, headers={"Authorization": f"Bearer {token['access_token']}"})


def test_an_end_user_grants_their_own_devices_and_no_others(cloud, linked):
    mine = bearer(cloud, linked(account="resident-1")).json()["data"]
    theirs = bearer(cloud, linked(account="resident-2")).json()["data"]
    assert {each["account"] for each in mine} == {"resident-1"}
    assert {each["account"] for each in theirs} == {"resident-2"}
    other = theirs[0]["device_id"]
    assert bearer(cloud, linked(account="resident-1"), f"/v1/devices/{other}/state").status_code == 404


def test_the_callback_names_its_issuer_and_state(cloud, consented):
    answer, _ = consented(state="the-state")
    told = told_by(answer)
    assert (told["iss"], told["state"]) == (cloud.url, "the-state")


def test_the_page_says_what_is_asked_and_runs_no_script(cloud, client, discovered):
    url, _ = client.create_authorization_url(discovered["authorization_endpoint"], code_verifier=generate_token(48))
    page = cloud.http.get(url, timeout=PATIENCE)
    assert "send them commands" in page.text
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_saying_no_is_told_to_the_client(consented):
    told = told_by(consented("deny")[0])
    assert told["error"] == "access_denied"
    assert "code" not in told


def test_a_wrong_password_grants_nothing(consented):
    assert consented(password="guess")[0].status_code == 401


@pytest.mark.parametrize("changed", [{"client_id": "nobody"}, {"redirect_uri": "https://elsewhere.example/"}])
def test_nobody_is_sent_to_an_address_that_is_not_the_clients(consented, changed):
    answer, _ = consented(**changed)
    assert answer.status_code == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
    ],
)
def test_what_is_asked_wrongly_is_told_to_the_client(consented, changed, error):
    assert told_by(consented(**changed)[0])["error"] == error


def test_a_code_without_its_verifier_is_worth_nothing(client, discovered, consented):
    answer, _ = consented()
    with pytest.raises(OAuthError) as refused:
        client.fetch_token(discovered["token_endpoint"], code=told_by(answer)["code"], code_verifier=generate_token(48))
    assert refused.value.error == "invalid_grant"


def test_a_code_used_twice_ends_what_it_gave(cloud, client, discovered, consented):
    answer, verifier = consented()
    code = told_by(answer)["code"]
    token = client.fetch_token(discovered["token_endpoint"], code=code, code_verifier=verifier)
    with pytest.raises(OAuthError):
        client.fetch_token(discovered["token_endpoint"], code=code, code_verifier=verifier)
    assert bearer(cloud, token).status_code == 401


def test_a_refresh_token_rotates_and_its_reuse_ends_the_grant(cloud, client, discovered, linked):
    first = linked()
    second = client.refresh_token(discovered["token_endpoint"], refresh_token=first["refresh_token"])
    assert second["refresh_token"] != first["refresh_token"]
    assert bearer(cloud, second).status_code == 200
    before = cloud.control("GET", "counters")["tokens"]["refresh_reuses"]
    with pytest.raises(OAuthError):
        client.refresh_token(discovered["token_endpoint"], refresh_token=first["refresh_token"])
    assert cloud.control("GET", "counters")["tokens"]["refresh_reuses"] == before + 1
    assert bearer(cloud, second).status_code == 401
    with pytest.raises(OAuthError):
        client.refresh_token(discovered["token_endpoint"], refresh_token=second["refresh_token"])


def test_without_offline_access_there_is_no_refresh_token(client, linked):
    client.scope = "devices.read"
    token = linked()
    assert "refresh_token" not in token


def test_revoking_the_refresh_token_ends_the_grant(cloud, client, discovered, linked):
    token = linked()
    answer = client.revoke_token(
        discovered["revocation_endpoint"], token=token["refresh_token"], token_type_hint="refresh_token"
    )
    assert answer.status_code == 200
    assert bearer(cloud, token).status_code == 401


def test_the_end_user_takes_access_back(cloud, linked):
    token = linked(account="resident-3")
    assert cloud.control("POST", "revocations", {"account": "resident-3"})["revoked"] >= 1
    assert bearer(cloud, token).status_code == 401


def test_an_access_token_expires(cloud, client, discovered, linked):
    token = linked()
    cloud.pass_time(token["expires_in"] + 1)
    assert bearer(cloud, token).status_code == 401
    renewed = client.refresh_token(discovered["token_endpoint"], refresh_token=token["refresh_token"])
    assert bearer(cloud, renewed).status_code == 200


def test_a_utility_sees_its_program_only(cloud, discovered):
    told = cloud.told["utility_client"]
    with OAuth2Session(told["id"], told["secret"]) as utility:
        token = utility.fetch_token(discovered["token_endpoint"], grant_type="client_credentials")
    assert "refresh_token" not in token
    sites = bearer(cloud, token, "/v1/sites").json()["data"]
    assert {site["program"] for site in sites} == {"summer-savings"}
    assert len(sites) < len(cloud.everything("/v1/sites"))


def test_scopes_are_kept(cloud, client, discovered):
    token = client.fetch_token(discovered["token_endpoint"], grant_type="client_credentials", scope="devices.read")
    assert bearer(cloud, token, "/v1/sites").status_code == 200
    assert bearer(cloud, token, "/v1/states").status_code == 403


def test_secrets_and_keys_rotate_with_both_good(cloud, discovered):
    told = cloud.told["client"]
    added = cloud.control("POST", "secrets", {"client_id": told["id"]})
    for secret in (told["secret"], added["client_secret"]):
        with OAuth2Session(told["id"], secret) as session:
            assert session.fetch_token(discovered["token_endpoint"], grant_type="client_credentials")["access_token"]
    key = cloud.control("POST", "secrets", {})["api_key"]
    assert cloud.api("GET", "/v1/sites", headers={"X-API-Key": key}).status_code == 200


def test_a_wrong_secret_is_refused(cloud, discovered):
    with OAuth2Session(cloud.told["client"]["id"], "guess") as session, pytest.raises(OAuthError) as refused:
        session.fetch_token(discovered["token_endpoint"], grant_type="client_credentials")
    assert refused.value.error == "invalid_client"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer guess"}, {"X-API-Key": "guess"}])
def test_nobody_gets_in_without_access(cloud, headers):
    answer = cloud.api("GET", "/v1/sites", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "token_invalid"
