"""The page of jobs, and the front page that says what needs somebody now."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_q.models import Failure, OrmQ, Task

from enrollments.models import ReviewCase
from partners.models import RefusedRequest
from tests.admin.conftest import member_of
from tests.factories import NOW, active, ambiguous
from texture_portal import clock, schedules
from texture_portal.ids import new_id
from texture_portal.models import Heartbeat

JOBS = reverse("admin:texture_portal_heartbeat_changelist")
FRONT = reverse("admin:index")


def failed(kind, *, at, why="Traceback: the geocoder is away"):
    Task.objects.create(
        id=new_id().hex, name=f"{kind} {at}", func=schedules.DRAIN, group=kind, args=(kind,), started=at, stopped=at,
        success=False, result=why,
    )  # fmt: skip
    assert Failure.objects.exists()


def test_every_job_of_the_table_is_on_the_page(administrator):
    schedules.install()
    page = administrator.get(JOBS).content.decode()
    for job in schedules.JOBS:
        assert job.kind.replace("_", " ").capitalize() in page
    assert "not scheduled" not in page
    assert "No worker has ever given a sign of life" in page


def test_a_job_that_failed_says_so_with_its_traceback_to_who_may_wake_it(administrator, onlooker):
    schedules.install()
    failed("geocoding", at=clock.now())
    for client, may_read in ((administrator, True), (onlooker, False)):
        page = client.get(JOBS).content.decode()
        assert ">failed<" in page.replace("\n", "").replace(" ", "")
        assert ("the geocoder is away" in page) == may_read


def needs_of(client):
    return " ".join(str(cell) for row in client.get(FRONT).context["needs"]["rows"] for cell in row)


def test_a_failure_before_the_last_run_is_not_told_as_todays(administrator):
    schedules.install()
    failed("geocoding", at=clock.now() - timedelta(days=1))
    assert "no failure since" in administrator.get(JOBS).content.decode()
    assert needs_of(administrator) == ""


@pytest.mark.django_db(transaction=True)
def test_a_job_is_woken_again_by_one_button(carry_out, said):
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client()
    client.force_login(User.objects.create_superuser("root", password=None))
    worker = Heartbeat.objects.create(name="forge", beat_at=NOW)
    page = carry_out(client, worker, "wake", kind="geocoding")
    assert any("geocoding" in message for message in said(page))
    assert [each.func() for each in OrmQ.objects.all()] == [schedules.DRAIN]


def test_who_may_only_look_wakes_nothing(onlooker, carry_out):
    worker = Heartbeat.objects.create(name="forge", beat_at=NOW)
    assert carry_out(onlooker, worker, "wake", kind="geocoding").status_code == 403
    assert b"by-verb" not in onlooker.get(JOBS).content
    assert not OrmQ.objects.exists()


def test_the_front_page_shows_what_needs_somebody_now(administrator):
    schedules.install()
    Heartbeat.objects.create(name="forge", beat_at=clock.now() - timedelta(hours=1))
    failed("geocoding", at=clock.now())
    enrollment = ambiguous()
    RefusedRequest.objects.create(
        id=new_id(), partner=enrollment.partner, at=NOW, method="POST", path="/v1/enrollments", status=409,
        code="device_enrolled_elsewhere", subject="PW3-9", flag="device_enrolled_elsewhere",
    )  # fmt: skip
    page = administrator.get(FRONT)
    text = page.content.decode()
    case = ReviewCase.objects.get()
    for told in ("late", str(case.pk), "PW3-9", "forge", "The job geocoding", enrollment.partner.name):
        assert told in text
    assert page.context["open_cases"] == 1


def test_the_front_page_keeps_to_what_its_reader_may_see(db):
    active()
    ambiguous()
    failed("geocoding", at=clock.now())
    shown = {"cases", "flagged", "owed"}
    expected = {"Program staff": {"cases", "owed"}, "Partner manager": {"flagged"}}
    for group, parts in expected.items():
        client = member_of(group)
        assert {part for part in shown if part in client.get(FRONT).context} == parts
        assert "geocoding" not in needs_of(client)
        assert client.get(FRONT).context["going"]
    assert "geocoding" in needs_of(member_of("Administrator"))


def test_the_front_page_asks_as_much_of_much_as_of_little(administrator):
    schedules.install()
    ambiguous()

    def queries():
        administrator.get(FRONT)
        with CaptureQueriesContext(connection) as captured:
            administrator.get(FRONT)
        return len(captured)

    few = queries()
    for _ in range(12):
        ambiguous()
    assert queries() == few
    assert few <= 37  # one of them writes down who was shown whom
