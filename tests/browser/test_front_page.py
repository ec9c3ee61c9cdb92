"""The front page as staff see it: needs, charts, and tables that lead on."""

from datetime import timedelta

import pytest

from devices.models import Device
from enrollments import tallies
from tests.browser.specimens import of_connections
from tests.factories import NOW, ProgramFactory, active, ambiguous, enrolled, matched_to
from texture_portal import clock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_what_needs_somebody_and_how_it_goes(sign_in, keep):
    now, programs = clock.now(), [ProgramFactory() for _ in range(3)]
    for weeks, program in enumerate(programs * 2):
        active(finding=matched_to(program.owner), now=NOW + timedelta(weeks=weeks))
    for _ in range(3):
        ambiguous(programs[0].owner, programs[1].owner, now=now, consent=None)
    enrolled(finding=matched_to(programs[0].owner), consent=None, now=now)
    of_connections(Device.objects.first())
    Device.objects.update(last_reading_at=now - timedelta(days=2))
    tallies.take(now=now)
    page = sign_in("Administrator")
    page.goto("/admin/")
    page.locator("canvas.chart").wait_for()
    keep(page, "front-page-whole")
    page.get_by_role("link", name="1 connection").click()
    page.wait_for_url("**/connection/?status__exact=broken")
    assert "Broken" in page.content()
