"""Single sign-on against a simulated identity provider over HTTP."""

import time
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.contrib.auth.models import User
from django.test import Client
from joserfc.jwk import RSAKey

from tests.login.provider import CLIENT, SECRET, identity_provider
from tests.waiting import PATIENCE
from texture_portal import clock
from texture_portal.login import open_sessions, single_sign_on
from texture_portal.login.sessions import ASKED_ELSEWHERE
from texture_portal.models import Act, Identity, StaffSession

START = "/admin/single-sign-on/"


def browser(**headers):
    """Of somebody who presses the button of the log-in page."""
    return Client(headers={"Sec-Fetch-Site": "same-origin", **headers})


@pytest.fixture(scope="module")
def the_provider():
    with identity_provider() as provider:
        yield provider


@pytest.fixture
def provider(the_provider, settings, db):
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = the_provider.issuer, CLIENT, SECRET
    settings.OIDC_GROUPS = {"audit": "Auditor", "desk": "Program staff"}
    as_it_was = dict(the_provider.person)
    yield the_provider
    the_provider.person, the_provider.signed_by = as_it_was, the_provider.key
    the_provider.token_slips, the_provider.answer_slips = {}, {}
    the_provider.asked_at = int(time.time())


def there(client, path=START):
    """To the provider, and where it sends the browser back to."""
    away = client.get(path).url
    back = requests.get(away, allow_redirects=False, timeout=PATIENCE).headers["Location"]
    return back.removeprefix("http://testserver")


def come_in(path=START):
    client = browser()
    return client, client.get(there(client, path))


def opens(client):
    return client.get("/admin/").status_code == 200


def refusals():
    return [each.detail["because"] for each in Act.objects.filter(what="login_refused")]


def test_the_first_log_in_makes_a_member_of_staff_in_the_groups_of_the_claim(provider):
    client, answer = come_in(f"{START}?next=/admin/enrollments/consent/")
    assert answer.url == "/admin/enrollments/consent/"
    paula = User.objects.get()
    assert (paula.username, paula.email, paula.is_staff, paula.is_superuser) == (
        "paula", "paula@example.com", True, False,
    )  # fmt: skip
    assert not paula.has_usable_password()
    assert [each.name for each in paula.groups.all()] == ["Auditor"]
    assert opens(client)
    assert client.get("/admin/auth/user/").status_code == 403
    assert list(Act.objects.order_by("id").values_list("what", flat=True)) == [
        "permissions_changed", "logged_in_by_provider",
    ]  # fmt: skip


def test_the_log_in_page_offers_it_where_it_is_set(provider, settings):
    settings.OIDC_NAME = "Grid Company"
    assert "Log in with Grid Company" in browser().get("/admin/login/").content.decode()
    settings.OIDC_ISSUER = ""
    assert "Grid Company" not in browser().get("/admin/login/").content.decode()
    assert browser().get(START).status_code == 404


def test_who_comes_in_anew_in_the_same_browser_has_one_session_under_a_new_key(provider):
    client, _ = come_in()
    first = client.session.session_key
    assert client.get(there(client)).status_code == 302
    assert opens(client)
    assert client.session.session_key != first
    assert [each.session_key for each in StaffSession.objects.all()] == [client.session.session_key]


def test_another_who_comes_in_in_the_same_browser_has_a_session_that_can_be_seen_and_ended(provider):
    client, _ = come_in()
    provider.person |= {"sub": "p-2", "preferred_username": "otto"}
    assert client.get(there(client)).status_code == 302
    otto = User.objects.get(username="otto")
    assert client.session["_auth_user_id"] == str(otto.pk)
    assert StaffSession.objects.get(user=otto).session_key == client.session.session_key
    assert open_sessions.end(otto, StaffSession.objects.all(), now=clock.now(), by=otto) == 1
    assert not opens(client)


def test_what_an_earlier_log_in_proved_is_not_the_later_ones(provider, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    provider.person |= {"amr": ["mfa"]}
    client, _ = come_in()
    provider.person |= {"amr": ["pwd"]}
    client.get(there(client))
    assert not opens(client)


def test_a_password_that_another_chose_keeps_nobody_out_who_does_not_use_it(provider, administrator, log_in):
    come_in()
    paula = User.objects.get(username="paula")
    given = {"password1": "a walnut in the snow", "password2": "a walnut in the snow", "usable_password": "true"}
    assert administrator.post(f"/admin/auth/user/{paula.pk}/password/", given).status_code == 302
    assert opens(come_in()[0])
    assert not opens(log_in("paula", "a walnut in the snow")[0])


def test_whoever_is_renamed_there_stays_the_same_here(provider):
    come_in()
    provider.person |= {"preferred_username": "paula.new"}
    come_in()
    assert User.objects.get().username == "paula"


def test_groups_follow_the_claim_and_losing_all_of_them_shuts_out(provider):
    come_in()
    provider.person |= {"groups": ["desk", "of no account"]}
    come_in()
    assert [each.name for each in User.objects.get().groups.all()] == ["Program staff"]
    provider.person |= {"groups": ["of no account"]}
    client, answer = come_in()
    assert answer.url == "/admin/login/"
    assert not opens(client)
    assert not User.objects.get().groups.exists()
    assert refusals() == ["no_group"]


def test_a_stranger_without_a_group_leaves_no_user(provider):
    provider.person |= {"groups": []}
    client, _ = come_in()
    assert not opens(client)
    assert not User.objects.exists()


def test_a_name_that_is_taken_is_not_handed_over(provider):
    root = User.objects.create_superuser("root", password=None)
    provider.person |= {"preferred_username": "Root"}
    client, _ = come_in()
    assert not opens(client)
    assert (refusals(), Identity.objects.filter(user=root).exists()) == (["name_taken"], False)


def test_who_was_deactivated_here_stays_out(provider):
    come_in()
    User.objects.update(is_active=False)
    client, _ = come_in()
    assert not opens(client)
    assert refusals() == ["inactive"]


def test_an_answer_is_good_once_and_in_the_session_that_asked(provider):
    client, other = browser(), browser()
    back = there(client)
    other.get(back)
    assert not opens(other)
    client.get(back)
    assert opens(client)
    client.post("/admin/logout/")
    client.get(back)
    assert not opens(client)
    assert refusals() == ["MismatchingStateError"] * 2


@pytest.mark.parametrize(
    ("slips", "of_token"),
    [
        ({"iss": "https://evil.example"}, True),
        ({"aud": "another client"}, True),
        ({"nonce": "an old one"}, True),
        ({"exp": 1_700_000_000}, True),
        ({"iss": "https://evil.example"}, False),
        ({"code": "guessed"}, False),
        ({"state": "guessed"}, False),
    ],
    ids=lambda given: str(next(iter(given))) if isinstance(given, dict) else ("token" if given else "answer"),
)
def test_what_is_not_the_providers_answer_opens_nothing(provider, slips, of_token):
    if of_token:
        provider.token_slips = slips
    else:
        provider.answer_slips = slips
    client, answer = come_in()
    assert answer.url == "/admin/login/"
    assert not opens(client)
    assert not User.objects.exists()
    assert len(refusals()) == 1


def test_a_token_of_another_key_opens_nothing(provider):
    provider.signed_by = RSAKey.generate_key(2048, {"kid": "1"}, private=True)
    client, _ = come_in()
    assert not opens(client)


def test_what_it_signs_without_a_key_of_its_own_opens_nothing(provider):
    single_sign_on._client.cache_clear()
    provider.algorithms = ["none", "HS256"]
    try:
        client, answer = come_in()
    finally:
        provider.algorithms = ["RS256"]
        single_sign_on._client.cache_clear()
    assert (answer.url, opens(client), refusals()) == ("/admin/login/", False, ["no_good_algorithm"])


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Referer": "http://testserver/admin/login/"},
        {},
        {"Referer": "https://evil.example/admin/login/"},
        {"Referer": "http://testserver.evil.example/"},
        {"Referer": "https://testserver/admin/login/"},
        {"Referer": "null"},
    ],
    ids=str,
)
def test_no_other_site_logs_anybody_in(provider, headers):
    answer = Client(headers=headers).get(START, follow=True)
    assert answer.redirect_chain == [("/admin/login/", 302)]
    assert "press the button of this page" in answer.content.decode()


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "none"}, {"Referer": "http://testserver/admin/login/?next="}])
def test_ones_own_doing_leads_to_the_provider_in_browsers_that_say_so_and_that_name_the_page(provider, headers):
    assert Client(headers=headers).get(START).url.startswith(provider.issuer)


WANTS_A_FRESH_ONE = "/admin/sessions/"


def is_asked_again(client):
    answer = client.post(WANTS_A_FRESH_ONE)
    return answer.url.startswith("/admin/login/")


def test_who_is_sent_back_without_being_asked_is_asked_before_what_wants_it(provider):
    provider.asked_at -= 3600
    client, _ = come_in()
    assert is_asked_again(client)
    assert not opens(client)
    asked = parse_qs(urlsplit(client.get(START).url).query)
    assert (asked["prompt"], asked["max_age"]) == (["login"], ["900"])
    client.get(there(client))
    assert time.time() - provider.asked_at < 900
    assert not is_asked_again(client)
    provider.asked_at -= 3600
    assert "prompt" not in parse_qs(urlsplit(client.get(START).url).query)
    client.get(there(client))
    assert is_asked_again(client)


@pytest.mark.parametrize("said", [1_700_000_000, None], ids=str)
def test_a_provider_that_does_not_ask_anew_opens_nothing_that_wants_it(provider, said):
    client, _ = come_in()
    assert is_asked_again(client)
    provider.token_slips = {"auth_time": said}
    client.get(there(client))
    assert not opens(client)
    provider.token_slips = {}
    client.get(there(client))
    assert opens(client)
    assert is_asked_again(client)


@pytest.mark.parametrize("said", ["now", 1e30, -1e30, [1]], ids=str)
def test_a_time_that_is_none_opens_nothing(provider, said):
    provider.token_slips = {"auth_time": said}
    client, answer = come_in()
    assert (answer.url, opens(client), len(refusals())) == ("/admin/login/", False, 1)


def test_a_provider_whose_clock_is_ahead_keeps_no_log_in_fresh(provider):
    provider.token_slips = {"auth_time": int(time.time()) + 86_400}
    client, _ = come_in()
    session = client.session
    assert datetime.fromisoformat(session[ASKED_ELSEWHERE]) <= clock.now()
    session[ASKED_ELSEWHERE] = (clock.now() - timedelta(minutes=16)).isoformat()
    session.save()
    assert is_asked_again(client)


def test_a_provider_that_is_away_is_said_so(settings, db):
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    answer = browser().get(START, follow=True)
    assert "cannot be reached" in answer.content.decode()


def test_its_second_factor_counts_where_it_says_that_there_was_one(provider, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    client, _ = come_in()
    assert client.get("/admin/").url.startswith("/admin/second-factor/")
    provider.person |= {"amr": ["pwd", "otp", "mfa"]}
    client, _ = come_in()
    assert opens(client)


def test_the_portal_asks_with_proof_and_a_nonce(provider):
    asked = parse_qs(urlsplit(browser().get(START).url).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["nonce"]
    assert asked["redirect_uri"] == ["http://testserver/admin/single-sign-on/arrive/"]
