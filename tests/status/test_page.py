"""What the public reads of ninety days: in English and in Spanish, without a script, and nothing of partners."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from partners import maintenance
from partners.models import Maintenance
from tests.factories import PartnerFactory
from texture_portal import actors, clock, schedules
from texture_portal.models import ComponentSpan, Heartbeat

pytestmark = pytest.mark.django_db
BY = actors.system("tests")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def page(**headers: str) -> str:
    return Client(headers=headers).get("/status/").content.decode()


@pytest.fixture
def lately():
    """Up for ten days, but that the workers were down for two hours yesterday, and still are silent for a day."""
    now = clock.now()
    schedules.install()
    Heartbeat.objects.create(name="here", beat_at=now)
    for component in ("web", "database", "schedules"):
        ComponentSpan.objects.create(component=component, state="up", began_at=now - 10 * DAY, seen_at=now)
    back = 2 * DAY - 2 * HOUR
    for state, began, seen in (("up", 10 * DAY, 2 * DAY), ("down", 2 * DAY, back), ("up", back, timedelta())):
        ComponentSpan.objects.create(component="workers", state=state, began_at=now - began, seen_at=now - seen)
    return now


def of_maintenance(now, *, partner=None, what="A new database.", cancelled=False, notice=4 * DAY):
    return Maintenance.objects.create(
        partner=partner, what=what, starts_at=now - 2 * DAY - HOUR, ends_at=now - 2 * DAY + 3 * HOUR,
        announced_at=now - 2 * DAY - HOUR - notice, announced_by="staff anna",
        **({"cancelled_at": now - 3 * DAY, "cancelled_by": "staff anna"} if cancelled else {}),
    )  # fmt: skip


def test_an_outage_is_drawn_counted_and_listed(lately):
    told = page()
    assert told.count("<rect") == 4 * 90
    assert len(re.findall(r'<rect class="down"', told)) in (1, 2)  # over midnight, it is of two days
    assert "<strong>Workers</strong>: down for 2 hours" in told
    assert "up 99.16 % of the time" in told
    assert told.count("up 100.00 % of the time") == 3


def test_an_outage_that_was_planned_is_told_as_maintenance(lately):
    of_maintenance(lately)
    told = page()
    assert '<rect class="down"' not in told
    assert '<rect class="maintenance"' in told
    assert "A new database." in told
    assert "at short notice" not in told
    assert "anna" not in told


@pytest.mark.parametrize("whose", ["a partner's", "called off"])
def test_maintenance_that_is_not_the_portals_excuses_nothing(lately, whose):
    partner = PartnerFactory() if whose == "a partner's" else None
    of_maintenance(lately, partner=partner, what="Theirs.", cancelled=partner is None)
    told = page()
    assert '<rect class="down"' in told
    assert "Theirs." not in told


def test_maintenance_at_short_notice_is_told_and_counts_as_the_outage_that_it_is(lately):
    of_maintenance(lately, notice=47 * HOUR)
    told = page()
    assert "A new database.</strong> <span" in told
    assert told.count("at short notice: it counts as an outage") == 1
    assert "<strong>Workers</strong>: down for 2 hours" in told
    assert '<rect class="maintenance"' not in told
    assert "cuenta como interrupción" in page(**{"accept-language": "es"})


def test_an_outage_that_lasts_says_so(lately):
    ComponentSpan.objects.create(component="schedules", state="down", began_at=lately - HOUR, seen_at=lately)
    assert "<strong>Schedules</strong>: down, for 1 hour so far" in page()


def test_what_is_planned_is_told_before_it_begins(lately):
    maintenance.announce(
        None, what="A move.", starts_at=lately + HOUR, ends_at=lately + 2 * HOUR, now=lately, by=BY
    )  # fmt: skip
    assert "A move." in page()


def test_a_portal_that_is_new_says_that_nothing_is_on_record():
    told = page()
    assert told.count('<rect class="none"') == 4 * 90
    assert told.count("None in 90 days.") == 2


def test_it_is_read_in_spanish_too(lately):
    spanish = page(**{"accept-language": "es-MX"})
    assert '<html lang="es">' in spanish
    assert "Todos los componentes funcionan." in spanish
    assert "Los últimos 90 días" in spanish
    assert "inactivo durante 2 horas" in spanish
    assert '<html lang="en">' in page(**{"accept-language": "de"})


def test_it_wants_no_script(lately):
    answer = Client().get("/status/")
    told = answer.content.decode()
    assert "<script" not in told
    assert " style=" not in told
    assert (
        "script-src" not in answer.headers["Content-Security-Policy"]
        or "'none'" in answer.headers["Content-Security-Policy"]
    )
