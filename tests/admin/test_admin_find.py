"""One box for everything."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.admin.conftest import member_of
from tests.admin.test_admin_pages import page_of
from tests.factories import active, enrolled

FIND = "/admin/find/"


def found(client, term):
    page = client.get(FIND, {"q": term}, follow=True)
    assert page.status_code == 200
    return page.content.decode()


@pytest.mark.parametrize(
    "by", ["serial", "device id", "customer", "id", "address", "address and city", "sloppy address"]
)
def test_an_enrollment_is_found_by_what_people_have_at_hand(by, administrator):
    wanted = enrolled(customer_reference="Cust-81", consent=None)
    other = enrolled(customer_reference="Cust-99", consent=None)
    site = wanted.site
    term = {
        "serial": wanted.device.serial_number, "device id": wanted.device.manufacturer_device_id,
        "customer": "Cust-81", "id": str(wanted.pk), "address": site.street_one,
        "address and city": f"{site.street_one}, {site.city}", "sloppy address": f" {site.street_one.upper()}., x"[:-3],
    }[by]  # fmt: skip
    page = found(administrator, term)
    assert page_of(wanted) in page or wanted.device.serial_number in page
    if "address" not in by:  # they are neighbours
        assert page_of(other) not in page


def test_names_of_partners_and_programs_are_found_by_a_part(administrator):
    program = active().device.participations.get().program
    assert page_of(program) in found(administrator, program.name[1:-1]) or program.name in found(
        administrator, program.name
    )


def test_what_alone_is_meant_opens_at_once(administrator):
    partner = active().partner
    answer = administrator.get(FIND, {"q": str(partner.pk)})
    assert answer.url == page_of(partner)


def test_nothing_is_said_so_and_an_empty_term_asks_nothing(administrator):
    assert "Nothing that you may see" in found(administrator, "nonsense")
    assert "Nothing that you may see" not in found(administrator, " ")


def test_nobody_finds_what_they_may_not_see(db):
    row = active()
    manager = member_of("Partner manager")
    page = found(manager, row.device.serial_number)
    assert reverse("admin:devices_device_change", args=(row.device_id,)) not in page
    assert row.site.street_one not in found(manager, row.site.street_one.split(" ")[0])


def test_it_counts_nothing_and_matches_no_pattern_over_people(administrator):
    row = active()
    with CaptureQueriesContext(connection) as captured:
        administrator.get(FIND, {"q": row.device.serial_number})
    assert len(captured) <= 40
    people = [each["sql"] for each in captured if 'devices_device"' in each["sql"] or "territories_site" in each["sql"]]
    assert people
    assert [each for each in people if " LIKE " in each.upper() or "COUNT(" in each] == []
