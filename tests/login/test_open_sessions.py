"""Where staff are logged in: what they see of it, how it ends, and what wants a fresh log-in."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client

from tests.login.conftest import PASSWORD, code_of
from tests.login.test_log_in import age, last
from texture_portal import clock
from texture_portal.login import open_sessions
from texture_portal.login.session_store import SessionStore
from texture_portal.models import Authenticator, StaffSession

PAGE = "/admin/sessions/"


def opens(client):
    return client.get("/admin/").status_code == 200


def elsewhere(log_in, browser, name="rita"):
    return log_in(name, client=Client(headers={"User-Agent": browser}))[0]


def test_staff_see_where_they_are_logged_in_and_nobody_elses(rita, log_in):
    User.objects.create_superuser("otto", password=PASSWORD)
    elsewhere(log_in, "Otto's browser", "otto")
    elsewhere(log_in, "A phone")
    here = elsewhere(log_in, "A laptop")
    page = here.get(PAGE).content.decode()
    assert page.count("open-session") == 2
    assert "A phone" in page
    assert "Here, in this browser" in page
    assert "Otto" not in page
    assert "<b>" not in elsewhere(log_in, "<b>bold</b>").get(PAGE).content.decode()


def test_one_is_ended_or_all_the_others(rita, log_in):
    phone, tablet, here = (elsewhere(log_in, each) for each in ("A phone", "A tablet", "A laptop"))
    here.post(PAGE, {"session": StaffSession.objects.get(browser="A phone").pk})
    assert (opens(phone), opens(tablet), opens(here)) == (False, True, True)
    here.post(PAGE)
    assert (opens(tablet), opens(here)) == (False, True)
    act = last("sessions_ended")
    assert (act.username, act.about, act.detail) == ("rita", "rita", {"count": 1})
    assert here.post(PAGE, {"session": "none"}).status_code == 404


def test_a_session_that_is_ended_takes_no_new_key_and_so_lives_on_unseen(rita, log_in):
    client, _ = log_in()
    under_way = SessionStore(client.session.session_key)  # as a second factor is being proved
    assert "_auth_user_id" in under_way
    open_sessions.end(rita, StaffSession.objects.all(), now=clock.now(), by=rita)
    with pytest.raises(SessionInterrupted):
        under_way.cycle_key()
    assert not Session.objects.exists()


def test_nobody_ends_a_colleagues_by_that_page(rita, log_in):
    User.objects.create_superuser("otto", password=PASSWORD)
    otto, here = elsewhere(log_in, "Otto's", "otto"), elsewhere(log_in, "A laptop")
    here.post(PAGE, {"session": StaffSession.objects.get(browser="Otto's").pk})
    here.post(PAGE)
    assert opens(otto)


def test_an_administrator_ends_all_sessions_of_a_user(administrator, rita, log_in, carry_out, said):
    first, second = log_in()[0], log_in()[0]
    assert said(carry_out(administrator, rita, "end-sessions", reason="A lost laptop.")) == [
        "2 sessions of rita were ended."
    ]
    assert (opens(first), opens(second), opens(administrator)) == (False, False, True)
    assert last("sessions_ended").detail == {"count": 2, "reason": "A lost laptop."}


def test_everybodys_are_ended_by_a_command_that_is_told_so(administrator, rita, log_in):
    client, _ = log_in()
    with pytest.raises(CommandError, match="--everybody"):
        call_command("end_sessions")
    call_command("end_sessions", everybody=True, verbosity=0)
    assert (opens(client), opens(administrator)) == (False, False)
    assert last("sessions_ended").about == "everybody"


def test_a_session_of_staff_that_is_not_on_record_ends_with_everybodys_and_an_end_users_does_not(rita, log_in):
    client, _ = log_in()
    StaffSession.objects.all().delete()
    end_user = SessionStore()
    end_user["link"] = "x"
    end_user.create()
    call_command("end_sessions", everybody=True, verbosity=0)
    assert not opens(client)
    assert last("sessions_ended").detail == {"count": 1}
    assert SessionStore().exists(end_user.session_key)


def test_who_is_deactivated_is_out_at_once(administrator, rita, log_in):
    client, _ = log_in()
    assert opens(client)
    User.objects.filter(pk=rita.pk).update(is_active=False)
    assert not opens(client)
    assert not opens(log_in()[0])


def test_a_log_in_makes_a_new_key_and_so_does_the_second_factor(rita, log_in, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    client = Client()
    client.get("/link/")
    planted = client.session
    planted["planted"] = True
    planted.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = planted.session_key
    log_in(client=client)
    with_password = client.session.session_key
    assert with_password != planted.session_key
    assert not Session.objects.filter(pk=planted.session_key).exists()
    client.get("/admin/second-factor/")
    client.post("/admin/second-factor/", {"code": code_of(Authenticator.objects.get())})
    assert client.session.session_key != with_password
    assert not Session.objects.filter(pk=with_password).exists()
    assert client.get(PAGE).content.decode().count("open-session") == 1


def test_a_second_log_in_by_the_form_in_one_browser_has_one_session(rita, log_in):
    client, _ = log_in()
    first = client.session.session_key
    assert log_in(client=client)[1].status_code == 302
    assert client.session.session_key != first
    assert client.get(PAGE).content.decode().count("open-session") == 1


def test_a_log_out_ends_it_for_good(rita, log_in):
    client, _ = log_in()
    key = client.session.session_key
    client.post("/admin/logout/")
    client.cookies["sessionid"] = key
    assert not opens(client)


@pytest.mark.parametrize(
    ("path", "given", "back"),
    [
        ("/admin/auth/user/{}/password/", {"password1": "x"}, "/admin/auth/user/{}/password/"),
        ("/admin/auth/user/{}/change/", {"username": "rita"}, "/admin/auth/user/{}/change/"),
        ("/admin/auth/user/{}/take-second-factor/by-verb/", {"reason": "x"}, "/admin/auth/user/{}/change/"),
        ("/admin/auth/group/add/", {"name": "Friends"}, "/admin/auth/group/add/"),
        (PAGE, {}, "/admin/"),
        ("/admin/second-factor/", {"do": "codes"}, "/admin/"),
        ("/admin/second-factor/?do=anew", None, "/admin/second-factor/%3Fdo%3Danew"),
    ],
)
def test_what_decides_who_comes_in_wants_a_fresh_log_in(rita, log_in, path, given, back):
    client, _ = log_in()
    client.get("/admin/second-factor/")
    client.post("/admin/second-factor/", {"code": code_of(Authenticator.objects.get())})
    path, back = path.format(rita.pk), back.format(rita.pk)
    age(client, began=0.3, seen=0)
    answer = client.get(path) if given is None else client.post(path, given)
    assert answer.url == f"/admin/login/?next={back}"
    assert not opens(client)
    assert Authenticator.objects.filter(confirmed=True).count() == 1


def test_what_is_over_is_purged(rita, log_in):
    old, new = log_in()[0], log_in()[0]
    Session.objects.filter(pk=old.session.session_key).update(expire_date=clock.now() - timedelta(seconds=1))
    assert open_sessions.purge(now=clock.now()) == 0
    assert opens(new)
    assert [each.session_key for each in StaffSession.objects.all()] == [new.session.session_key]
    assert Session.objects.count() == 1
