"""The second factor of staff: set up with the first log-in, proved with each, and never guessed."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django_otp.plugins.otp_static.models import StaticToken

from tests.login.conftest import code_of, wrong_code
from texture_portal import clock
from texture_portal.models import Act, Authenticator

PAGE = "/admin/second-factor/"


@pytest.fixture(autouse=True)
def _required(settings):
    settings.REQUIRE_SECOND_FACTOR = True


@pytest.fixture
def enrolled(rita, log_in):
    """A client that set it up, its authenticator, and the recovery codes that it was shown."""
    client, _ = log_in()
    client.get(PAGE)
    device = Authenticator.objects.get()
    page = client.post(PAGE, {"code": code_of(device)}).content.decode()
    device.refresh_from_db()
    return client, device, re.findall(r"<code>(\w{8}-\w{8}-\w{8})</code>", page)


def opens(client):
    return client.get("/admin/").status_code == 200


def acts():
    return list(Act.objects.order_by("id").values_list("what", flat=True))


def test_the_first_log_in_opens_nothing_but_the_page_that_sets_it_up(rita, log_in):
    client, answer = log_in()
    assert (answer.status_code, answer.url) == (302, "/admin/")
    for path in ("/admin/", "/admin/auth/user/", "/admin/enrollments/enrollment/", "/admin/password_change/"):
        assert client.get(path).url.startswith(PAGE), path
    assert client.post("/admin/auth/group/add/", {"name": "Friends"}).url.startswith(PAGE)
    page = client.get(PAGE).content.decode()
    assert "<svg" in page
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", page[page.index("<svg") : page.index("</svg>")])
    assert Authenticator.objects.get().confirmed is False


def test_it_is_set_up_by_a_code_of_the_new_authenticator(enrolled):
    client, device, codes = enrolled
    assert device.confirmed
    assert len(set(codes)) == 10
    assert opens(client)
    assert acts() == ["logged_in", "second_factor_set_up"]


def test_a_wrong_code_sets_nothing_up(rita, log_in):
    client, _ = log_in()
    client.get(PAGE)
    page = client.post(PAGE, {"code": wrong_code(Authenticator.objects.get())})
    assert "not the code of now" in page.content.decode()
    assert not opens(client)
    assert acts() == ["logged_in", "second_factor_refused"]


def test_every_log_in_proves_it(enrolled, log_in, wait_for_the_next_code):
    _, device, _ = enrolled
    client, _ = log_in()
    assert not opens(client)
    answer = client.post(f"{PAGE}?next=/admin/auth/user/", {"code": wait_for_the_next_code(device)})
    assert answer.url == "/admin/auth/user/"
    assert opens(client)


def test_the_same_code_does_not_open_a_second_session(enrolled, log_in, wait_for_the_next_code):
    _, device, _ = enrolled
    code = wait_for_the_next_code(device)
    first, second = log_in()[0], log_in()[0]
    first.post(PAGE, {"code": code})
    second.post(PAGE, {"code": code})
    assert (opens(first), opens(second)) == (True, False)


def test_after_a_wrong_code_even_the_right_one_waits(enrolled, log_in, wait_for_the_next_code):
    _, device, _ = enrolled
    client, _ = log_in()
    client.post(PAGE, {"code": wrong_code(device)})
    in_a_while = clock.now() + timedelta(minutes=1)  # however long this machine takes to ask again
    assert Authenticator.objects.update(throttling_failure_timestamp=in_a_while) == 1
    assert "looked at in" in client.post(PAGE, {"code": wrong_code(device)}).content.decode()
    client.post(PAGE, {"code": wait_for_the_next_code(device)})
    assert not opens(client)


def test_a_recovery_code_opens_once(enrolled, log_in):
    _, _, codes = enrolled
    first, second = log_in()[0], log_in()[0]
    for client in (first, second):
        client.post(PAGE, {"code": codes[3].upper()})
    assert (opens(first), opens(second)) == (True, False)
    assert StaticToken.objects.count() == 9
    assert "recovery_code_used" in acts()


def test_new_recovery_codes_end_the_old(enrolled, log_in):
    client, _, codes = enrolled
    page = client.post(PAGE, {"do": "codes"}).content.decode()
    assert not set(codes) & set(re.findall(r"<code>(\w{8}-\w{8}-\w{8})</code>", page))
    other, _ = log_in()
    other.post(PAGE, {"code": codes[0]})
    assert not opens(other)


def test_another_authenticator_replaces_the_first(enrolled):
    client, first, _ = enrolled
    client.get(f"{PAGE}?do=anew")
    second = Authenticator.objects.get(confirmed=False)
    client.post(f"{PAGE}?do=anew", {"code": code_of(second)})
    assert Authenticator.objects.get() == second != first
    assert opens(client)


def test_who_has_not_proved_the_one_cannot_set_up_another(enrolled, log_in):
    client, _ = log_in()
    page = client.get(f"{PAGE}?do=anew").content.decode()
    assert "<svg" not in page
    client.post(PAGE, {"do": "codes"})
    assert StaticToken.objects.count() == 10
    assert Authenticator.objects.count() == 1


def test_an_administrator_takes_it_away_and_open_sessions_end(enrolled, rita, log_in, carry_out):
    client, _, _ = enrolled
    said = carry_out(client, rita, "take-second-factor", reason="She lost her phone.")
    assert said.redirect_chain[-1][0].startswith(PAGE)
    assert not opens(client)
    act = Act.objects.get(what="second_factor_taken_away")
    assert (act.username, act.about, act.detail) == ("rita", "rita", {"reason": "She lost her phone."})
    assert client.get(PAGE).status_code == 200


def test_who_is_not_logged_in_is_shown_no_key(db):
    answer = Client().get(PAGE)
    assert answer.status_code == 302
    assert answer.url.startswith("/admin/login/")


def test_it_leads_to_no_other_site(enrolled, log_in, wait_for_the_next_code):
    _, device, _ = enrolled
    client, _ = log_in()
    answer = client.post(f"{PAGE}?next=https://evil.example/", {"code": wait_for_the_next_code(device)})
    assert answer.url == "/admin/"


def test_in_development_it_is_asked_of_those_who_have_it(settings, enrolled, rita, log_in):
    settings.REQUIRE_SECOND_FACTOR = False
    assert not opens(log_in()[0])
    Authenticator.objects.all().delete()
    assert opens(log_in()[0])
