"""The front page: what needs somebody now, each with its list, and how it is going, without counting."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from devices.models import Connection, Device
from enrollments import tallies
from enrollments.models import Enrollment, Tally
from partners.models import Partner
from tests.admin.conftest import member_of
from tests.browser.specimens import of_connections
from tests.factories import WebhookEndpointFactory, active, ambiguous, enrolled, matched_to
from texture_portal import clock

FRONT = "/admin/"


def needs_on(page):
    """{text: link} of the rows that need somebody."""
    rows = page.context["needs"]["rows"]
    found = (re.search(r'href="([^"]*)"[^>]*>(.*)</a>', row[1]) for row in rows)
    return {match[2]: match[1].replace("&amp;", "&") for match in found}


@pytest.fixture
def trouble(db):
    """A broken connection, a webhook that fails, devices that fell silent, and a partner that is suspended."""
    device = active().device
    of_connections(device)
    now = clock.now()
    Device.objects.update(last_reading_at=now - timedelta(days=2))
    sleepy = active().partner
    Partner.objects.filter(pk=sleepy.pk).update(name="Sleepy Energy", status="suspended")
    WebhookEndpointFactory(failures=3, failed_at=now)
    taken()


def taken():
    tallies.take(now=clock.now())


def test_each_need_leads_to_a_page_that_opens(trouble, administrator):
    found = needs_on(administrator.get(FRONT))
    told = " | ".join(found)
    for part in ("1 connection", "told nothing of late", "3 failures in a row", "The partner Sleepy Energy"):
        assert part in told
    for url in found.values():
        assert administrator.get(url).status_code == 200, url


def test_a_list_that_a_need_leads_to_shows_just_that(trouble, administrator):
    url = needs_on(administrator.get(FRONT))["1 connection"]
    rows = administrator.get(url).context["cl"].result_list
    assert [each.status for each in rows] == [Connection.Status.BROKEN]


def test_a_connection_that_works_again_is_no_need(trouble, administrator):
    Connection.objects.filter(status="broken").update(status="active", broken_at=None, broken_reason="")
    taken()
    assert "1 connection" not in needs_on(administrator.get(FRONT))


def test_late_cases_come_first(administrator):
    case = ambiguous().review_cases.get()
    type(case).objects.update(due_at=clock.now() - timedelta(hours=1), opened_at=clock.now() - timedelta(days=3))
    page = administrator.get(FRONT)
    (text, url), *_ = needs_on(page).items()
    assert text == "1 review case"
    assert list(administrator.get(url).context["cl"].result_list) == [case]


def test_nothing_that_needs_somebody_is_said_so(administrator):
    assert "Nothing: all is done in time" in administrator.get(FRONT).content.decode()


def test_how_it_goes_is_as_of_the_last_count(administrator):
    assert "Nothing was counted yet" in administrator.get(FRONT).content.decode()
    one, two = active(), active()
    enrolled(finding=matched_to(one.site.utility), consent=None)
    taken()
    going = administrator.get(FRONT).context["going"]
    assert {each["label"]: each["count"] for each in going["states"]}["Active"] == "2"
    assert len(going["partners"]["rows"]) == len(set(Enrollment.objects.values_list("partner", flat=True)))
    assert len(going["programs"]["rows"]) == len({one.device_id, two.device_id})


def test_tallies_are_what_a_count_says(db):
    running, waiting = active(), ambiguous()
    enrolled(finding=matched_to(running.site.utility), consent=None)
    taken()
    for of, subject in (("state", ""), ("partner", str(running.partner_id)), ("utility", str(running.site.utility_id))):
        utility = running.site.utility
        chosen = {"state": {}, "partner": {"partner": running.partner}, "utility": {"site__utility": utility}}
        for state in ("active", "eligible", waiting.state):
            counted = Enrollment.objects.filter(state=state, **chosen[of]).count()
            row = Tally.objects.filter(of=of, subject=subject, word=state).first()
            assert (row.count if row else 0) == counted, (of, state)
    program = running.device.participations.get().program
    assert Tally.objects.get(of="program", subject=str(program.pk), word="active").count == 1
    assert sum(Tally.objects.filter(of="week").values_list("count", flat=True)) == 3
    taken()
    assert Tally.objects.filter(of="state", word="active").count() == 1, "they replace the earlier"


def test_the_page_counts_no_enrollments_and_asks_as_much_however_many_there_are(administrator):
    def asked():
        taken()
        administrator.get(FRONT)
        with CaptureQueriesContext(connection) as captured:
            administrator.get(FRONT)
        return [each["sql"] for each in captured]

    first = active()
    few = asked()
    for _ in range(3):
        active(finding=matched_to(first.site.utility), partner=first.partner)
    assert len(asked()) == len(few) <= 40
    counts = [each for each in few if "COUNT(" in each and " LIMIT " not in each]
    assert [each for each in counts if Enrollment._meta.db_table in each or Device._meta.db_table in each] == []


@pytest.mark.parametrize("group", ["Program staff", "Auditor", "Partner manager"])
def test_each_group_is_led_to_what_it_may_open(group, trouble):
    client = member_of(group)
    page = client.get(FRONT)
    for url in needs_on(page).values():
        assert client.get(url).status_code == 200, url
    for url in re.findall(r'href="(/admin/[^"]*)"', page.content.decode()):
        assert client.get(url.replace("&amp;", "&")).status_code in (200, 302), url
