"""Logs: what looks like a secret or a person does not get through, whoever wrote the line."""

import io
import logging

import pytest
from django.contrib.auth.models import User
from hypothesis import given
from hypothesis import strategies as st

from texture_portal.log_forms import Json, Plain
from texture_portal.login.acts import note
from texture_portal.models import Act
from texture_portal.scrubbing import Scrubber, scrubbed

SECRET = "Zq8vN3kd91LmXw07"
LINES = [
    "Authorization: Bearer {}",
    "authorization=Basic {}",
    'client_secret="{}"',
    "{{'client_secret': '{}'}}",
    '{{"password": "{}", "name": "x"}}',
    "POST form client_id=abc&client_secret={}&scope=x",
    "whsec_{}",
    "api_key: {}",
    "refresh_token={}",
    "postgresql://portal:{}@db.example/portal could not be reached",
    "redis://:{}@127.0.0.1:6379",
    "GET /account/in/{}/ 500",
    "GET /link/s/0199aaaa-0000-7000-8000-000000000000/{}/ failed",
    "eyJhbGciOiJIUzI1NiJ9.{}.c2ln",
    "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
    "DATA_KEYS={},other",
    "SECRET_KEY = {}",
    "{}@example.org asked",
    "/v1/enrollments?manufacturerDeviceId={}",
    "Cookie: sessionid={}",
]
LEFT_ALONE = [
    "connection 0199aaaa-0000-7000-8000-000000000000 was cut: ReadTimeout",
    "worker ended (-9); it starts again in 0.5 s",
    "event 7 waits for its job",
    "The database is away (OperationalError)",
    "POST /v1/enrollments 201",
]


@pytest.mark.parametrize("line", LINES)
def test_nothing_secret_passes(line):
    assert SECRET not in scrubbed(line.format(SECRET))


@pytest.mark.parametrize("line", LEFT_ALONE)
def test_what_is_no_secret_stays_as_it_is(line):
    assert scrubbed(line) == line


AROUND = st.text(alphabet="\"'=:,;{}[]()<>|&?/@-_. \n\t…")


@given(before=AROUND, after=AROUND, line=st.sampled_from(LINES))
def test_nothing_secret_passes_whatever_stands_around_it(before, after, line):
    assert SECRET not in scrubbed(f"{before} {line.format(SECRET)} {after}")


@pytest.fixture
def log():
    """A logger, and what the portal's own handler writes of it."""
    handler = next(each for each in logging.getLogger().handlers if any(isinstance(f, Scrubber) for f in each.filters))
    out = io.StringIO()
    before = handler.setStream(out)
    yield logging.getLogger("tests.scrubbing"), out
    handler.setStream(before)


def test_the_portals_handler_blots_out_what_a_library_writes(log):
    logger, out = log
    logger.warning("answered %s to %s", {"access_token": SECRET}, "ana@example.org")
    assert "answered" in out.getvalue()
    assert SECRET not in out.getvalue()
    assert "ana@" not in out.getvalue()


def test_an_exception_is_told_by_its_kind_and_stack_alone(log):
    logger, out = log
    try:
        raise ValueError(f"the row ({SECRET}, Ana) fails")
    except ValueError:
        logger.exception("it failed")
    assert "ValueError" in out.getvalue()
    assert "test_scrubbing.py" in out.getvalue()
    assert SECRET not in out.getvalue()


def test_a_line_whose_arguments_do_not_fit_is_still_a_line():
    record = logging.LogRecord("tests", logging.WARNING, __file__, 1, "%d of them", (SECRET,), None)
    assert Scrubber().filter(record)
    assert record.getMessage() == "%d of them"


FORGED = "all is well\n2026-01-01 00:00:00 INFO root \x1b[2K nothing happened\u2028\x85"


@pytest.mark.parametrize("form", [Plain("{levelname} {message}", style="{"), Json()])
def test_no_value_begins_a_line_of_its_own(form):
    record = logging.LogRecord("tests", logging.WARNING, __file__, 1, "said %s", (FORGED,), None)
    written = form.format(record)
    assert "\n" not in written
    assert "\x1b" not in written
    assert "nothing happened" in written


@pytest.mark.django_db
def test_an_act_is_a_line_that_names_nobody(log, django_capture_on_commit_callbacks):
    rita = User.objects.create_user("rita-of-the-desk")
    with django_capture_on_commit_callbacks(execute=True):
        act = note(Act.What.PASSWORD_CHANGED, by=rita, about="otto")
    written = log[1].getvalue()
    assert f"{act.pk}: password_changed" in written
    assert not [name for name in ("rita", "otto") if name in written]
