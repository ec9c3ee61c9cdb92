"""Passwords that are guessed, sessions that last, and what is written down about it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from tests.admin.conftest import member_of
from tests.login.conftest import PASSWORD
from texture_portal import clock
from texture_portal.login.sessions import BEGAN, SEEN
from texture_portal.models import Act

WRONG = "not her password"


def last(what):
    return Act.objects.filter(what=what).first()


def guess(log_in, times, name="rita"):
    return [log_in(name, WRONG)[1].status_code for _ in range(times)]


def test_five_wrong_passwords_lock_the_name_even_for_the_right_one(rita, log_in):
    assert guess(log_in, 5) == [200] * 4 + [429]
    client, answer = log_in()
    assert answer.status_code == 429
    assert "15 minutes" in answer.content.decode()
    assert client.get("/admin/").status_code == 302
    assert last("locked_out").about == "rita"


def test_a_name_that_nobody_has_is_locked_alike_and_kept_nowhere(rita, log_in):
    assert guess(log_in, 5, name=PASSWORD) == [200] * 4 + [429]
    assert {each.about for each in Act.objects.filter(what="login_refused")} == {""}


def test_the_lock_ends_by_itself(rita, log_in, settings):
    guess(log_in, 5)
    settings.AXES_COOLOFF_TIME = timedelta(seconds=0)
    assert log_in()[1].status_code == 302


def test_others_come_in_meanwhile(rita, log_in):
    User.objects.create_superuser("otto", password=PASSWORD)
    guess(log_in, 5)
    assert log_in("otto")[1].status_code == 302


def test_an_administrator_lifts_the_lock(administrator, carry_out, said, rita, log_in):
    guess(log_in, 5)
    answer = carry_out(administrator, rita, "lift-lock", reason="She called.")
    assert said(answer) == ["rita may try again."]
    assert log_in()[1].status_code == 302
    act = last("lock_lifted")
    assert (act.username, act.about, act.detail, act.address) == (
        "root",
        "rita",
        {"reason": "She called."},
        "127.0.0.1",
    )


def age(client, **stamps):
    session = client.session
    for name, hours in stamps.items():
        session[{"began": BEGAN, "seen": SEEN}[name]] = (clock.now() - timedelta(hours=hours)).isoformat()
    session.save()


@pytest.mark.parametrize(("began", "seen"), [(2, 1.01), (12.01, 0)])
def test_a_session_ends_that_is_idle_or_old(rita, log_in, began, seen):
    client, _ = log_in()
    age(client, began=began, seen=seen)
    answer = client.get("/admin/auth/user/?q=x")
    assert answer.url == "/admin/login/?next=/admin/auth/user/%3Fq%3Dx"
    assert client.get("/admin/").status_code == 302
    assert last("session_expired").username == "rita"
    assert not Act.objects.filter(what="logged_out").exists()


def test_the_log_in_leads_back_to_where_a_form_stands_not_to_where_it_is_sent(rita, log_in):
    client, _ = log_in()
    age(client, seen=1.01)
    answer = client.get("/admin/partners/partner/7/add-key/by-verb/")
    assert answer.url == "/admin/login/?next=/admin/partners/partner/7/change/"


def test_a_session_in_use_goes_on(rita, log_in):
    client, _ = log_in()
    age(client, began=11.9, seen=0.9)
    assert client.get("/admin/").status_code == 200
    assert client.session[SEEN] > (clock.now() - timedelta(minutes=1)).isoformat()


def test_a_session_of_before_there_were_limits_ends(rita, log_in):
    client, _ = log_in()
    session = client.session
    del session[BEGAN]
    session.save()
    assert client.get("/admin/").status_code == 302
    assert not Session.objects.filter(session_key=session.session_key).exists()


def test_log_in_and_log_out_are_written_down(rita, log_in):
    client, _ = log_in()
    client.post("/admin/logout/")
    assert list(Act.objects.order_by("id").values_list("what", "username", "address")) == [
        ("logged_in", "rita", "127.0.0.1"), ("logged_out", "rita", "127.0.0.1"),
    ]  # fmt: skip


def test_what_may_be_done_is_written_down_when_it_changes(administrator, rita):
    group = Group.objects.get(name="Auditor")
    page = f"/admin/auth/user/{rita.pk}/change/"
    edited = {
        "username": "rita", "is_active": "on", "is_staff": "on", "groups": [group.pk],
        "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00",
    }  # fmt: skip
    assert administrator.post(page, edited).status_code == 302
    act = last("permissions_changed")
    assert (act.username, act.about) == ("root", "rita")
    assert act.detail == {"groups": {"added": ["Auditor"], "removed": []}, "is_superuser": [True, False]}
    assert administrator.post(page, edited).status_code == 302
    assert Act.objects.filter(what="permissions_changed").count() == 1, "nothing changed the second time"


def test_a_group_that_is_emptied_or_deleted_is_written_down(administrator):
    group = Group.objects.get(name="Auditor")
    administrator.post(f"/admin/auth/group/{group.pk}/change/", {"name": "Auditor"})
    assert "enrollments.view_consent" in last("permissions_changed").detail["permissions"]["removed"]
    administrator.post("/admin/auth/group/add/", {"name": "Friends"})
    friends = Group.objects.get(name="Friends")
    friends.permissions.set(group.permissions.model.objects.filter(codename="view_user"))
    administrator.post(f"/admin/auth/group/{friends.pk}/delete/", {"post": "yes"})
    assert last("permissions_changed").about == "group Friends"
    assert last("permissions_changed").detail["permissions"]["removed"] == ["auth.view_user"]


def test_a_changed_password_is_written_down_with_who_changed_it(administrator, rita):
    new = {"password1": "a new one for rita", "password2": "a new one for rita"}
    administrator.post(f"/admin/auth/user/{rita.pk}/password/", new)
    assert (last("password_changed").username, last("password_changed").about) == ("root", "rita")


def test_a_password_changed_by_command_is_written_down_too(rita, monkeypatch):
    monkeypatch.setattr("getpass.getpass", lambda prompt="": "a new one for rita")
    call_command("changepassword", "rita", verbosity=0)
    assert (last("password_changed").username, last("password_changed").about) == ("", "rita")


@pytest.mark.parametrize("statement", ["UPDATE {} SET username = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_acts_are_append_only(rita, log_in, statement):
    log_in()
    with (
        pytest.raises(DatabaseError, match=r"append-only|Cannot update or delete"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(Act._meta.db_table))


def test_an_auditor_reads_them_and_staff_do_not(rita, log_in):
    guess(log_in, 1)
    page = member_of("Auditor").get("/admin/texture_portal/act/", {"q": "rita"}).content.decode()
    assert "Log-in refused" in page
    assert member_of("Program staff").get("/admin/texture_portal/act/").status_code == 403
