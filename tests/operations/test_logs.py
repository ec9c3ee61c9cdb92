"""Lines of the log: which request, who acted, and nothing of what it was about."""

import hashlib
import json
import logging
import os
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client as Browser
from django.test import RequestFactory
from django.urls import resolve, reverse

from enrollments.account import contacts
from enrollments.models import LinkSession, SignInLink
from tests.factories import PartnerFactory, active, linkable_cloud
from texture_portal import clock, jobs, schedules, underway
from texture_portal.schedules import MINUTE, Job

log = logging.getLogger("tests.operations")
SECRET = "rosa@example.com"


def work_off(*, now):
    log.warning("at work")
    return 0


@pytest.fixture
def requests_are_logged(settings):
    settings.LOG_REQUESTS = True
    logging.getLogger("texture_portal.request_log").setLevel(logging.INFO)


def of_requests(lines):
    return [each for each in lines if each["logger"] == "texture_portal.request_log"]


def test_a_request_has_a_line_with_its_id_its_route_and_its_end(requests_are_logged, log_lines):
    answer = Browser().get(f"/v1/enrollments/{uuid.uuid4()}?q={SECRET}")
    (line,) = of_requests(log_lines())
    assert line["request_id"] == answer["X-Request-ID"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "v1/enrollments/<uuid:enrollment_id>", 401)
    assert line["seconds"] >= 0
    assert line["at"].endswith("+00:00")
    assert "actor" not in line


def test_what_leads_nowhere_is_not_written_down(requests_are_logged, log_lines):
    Browser().get(f"/account/{SECRET}/nowhere")
    (line,) = of_requests(log_lines())
    assert SECRET not in str(line)


@pytest.mark.parametrize("path", ["/healthz", "/metrics"])
def test_what_machines_ask_for_all_the_time_has_no_line(db, requests_are_logged, log_lines, path):
    assert Browser().get(path).status_code == 200
    assert of_requests(log_lines()) == []


def test_requests_have_no_line_where_the_setting_is_off(settings, log_lines):
    settings.LOG_REQUESTS = False
    Browser().get("/docs/")
    assert of_requests(log_lines()) == []


def test_a_staff_user_is_named_by_id_and_not_by_name(db, requests_are_logged, log_lines):
    user = User.objects.create_superuser(SECRET, password=None)
    browser = Browser()
    browser.force_login(user)
    assert browser.get("/admin/").status_code == 200
    (line,) = of_requests(log_lines())
    assert line["actor"] == f"staff:{user.pk}"
    assert SECRET not in str(log_lines())


def test_who_fails_to_log_in_is_not_named(db, settings, log_lines, plain_log):
    """Whoever mistypes may type a password for a name: administrative acts keep it for those who may see it."""
    User.objects.create_user(SECRET, password="p" * 20, is_staff=True)
    for _ in range(settings.AXES_FAILURE_LIMIT + 1):
        Browser().post("/admin/login/", {"username": SECRET, "password": "wrong"})
    assert SECRET not in str(log_lines()) + plain_log()


def test_whoever_came_before_is_not_named_in_the_next_request(db, requests_are_logged, log_lines):
    browser = Browser()
    browser.force_login(User.objects.create_superuser("root", password=None))
    browser.get("/admin/")
    Browser().get("/docs/")
    assert "actor" not in of_requests(log_lines())[-1]


def test_a_job_names_itself_in_every_line(db, monkeypatch, log_lines):
    monkeypatch.setattr(schedules, "JOBS", (Job("rows", f"{__name__}.work_off", every=MINUTE),))
    jobs.drain("rows")
    (line,) = [each for each in log_lines() if each["message"] == "at work"]
    assert line["actor"] == "system:rows"
    assert underway.current().actor == ""


def test_an_end_user_who_links_goes_by_the_id_of_their_visit(db, requests_are_logged, log_lines):
    linkable_cloud(PartnerFactory())
    browser = Browser()
    browser.post("/link/")
    visit = LinkSession.objects.get()
    browser.get(reverse("link-maker", kwargs={"session_id": visit.pk}))
    Browser().get(reverse("link-maker", kwargs={"session_id": visit.pk}))  # a stranger's browser
    lines = of_requests(log_lines())
    assert [each.get("actor") for each in lines] == [f"link_session:{visit.pk}"] * 2 + [None]


def test_an_end_user_on_my_devices_goes_by_the_id_of_their_customer_row(
    transactional_db, requests_are_logged, log_lines
):
    enrollment = active(customer_reference=SECRET)
    contacts.keep(enrollment.customer, SECRET, language="en", now=clock.now())
    token = "t" * 43
    SignInLink.objects.create(
        email_digest=contacts.known_digest(SECRET), token_digest=hashlib.sha256(token.encode()).digest(),
        origin="http://testserver", asked_at=clock.now(), expires_at=clock.now() + timedelta(minutes=15),
    )  # fmt: skip
    browser = Browser()
    browser.post(reverse("account-in", kwargs={"token": token}), {"zip": enrollment.site.postal_code})
    assert browser.get("/account/").status_code == 200
    assert {each.get("actor") for each in of_requests(log_lines())} == {f"customer:{enrollment.customer_id}"}
    assert SECRET not in str(log_lines())


def test_a_command_names_itself_in_every_line(manage):
    said = manage("shell", "-c", "import logging; logging.getLogger('x').warning('at work')", LOG_FORMAT="json")
    [line] = [json.loads(each) for each in said.stderr.splitlines() if "at work" in each]
    assert line["actor"] == f"command:shell:{os.getuid()}"


@pytest.mark.parametrize("typed", [[], ["--help"], [SECRET], ["Rosa Diaz"]])
def test_what_is_no_commands_name_is_not_written_down(typed):
    assert underway.command(["manage.py", *typed]) == ""


def test_where_the_system_has_no_numbers_of_users_the_command_alone_is_named(monkeypatch):
    monkeypatch.delattr(os, "getuid")
    assert underway.command(["manage.py", "certify", SECRET]) == "command:certify"


def break_a_rule():
    name = f"Owner {SECRET}"
    with transaction.atomic():
        PartnerFactory(name=name)
        PartnerFactory(name=name)


def test_an_exception_has_its_stack_and_its_rule_and_no_value(db, log_lines, plain_log):
    with pytest.raises(IntegrityError, match=SECRET) as caught:
        break_a_rule()
    log.error("It failed", exc_info=caught.value)
    for text in (log_lines()[-1]["trace"], plain_log()):
        assert "in break_a_rule" in text
        assert "IntegrityError" in text
        assert SECRET not in text


def test_a_page_that_fails_is_told_by_its_route(log_lines, plain_log):
    """Django's own line has the address, which may hold a token, and hangs the request on its record."""
    request = RequestFactory().get(f"/account/by-email/{SECRET}", {"token": SECRET})
    request.resolver_match = resolve("/docs/quick-start")
    logging.getLogger("django.request").error(
        "%s: %s", "Internal Server Error", request.path, extra={"status_code": 500, "request": request}
    )
    line = log_lines()[-1]
    assert line["message"] == "Internal Server Error: ^docs/(?P<slug>[\\w/-]+)$"
    assert SECRET not in str(line) + plain_log()


def test_what_else_hangs_on_a_record_is_left_out(log_lines):
    log.warning("Careful", extra={"connection": SECRET, "sql": SECRET})
    assert set(log_lines()[-1]) == {"at", "level", "logger", "message", "process"}
