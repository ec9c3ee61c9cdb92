"""Every look at personal data is on record: who, at what, when."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from enrollments.models import Consent, Enrollment, ReviewCase
from tests.admin.conftest import member_of
from tests.admin.test_admin_pages import changelist, page_of
from tests.factories import active, ambiguous, enrolled
from texture_portal.models import Look


def looks():
    return [(each.username, each.what, each.table, set(each.rows)) for each in Look.objects.order_by("id")]


def test_what_a_list_shows_is_on_record_row_by_row(administrator):
    shown = {str(each.pk) for each in (active(), enrolled(consent=None))}
    administrator.get(changelist(Enrollment), {"state__exact": "", "q": ""})
    assert looks() == [("root", "listed", "enrollments.enrollment", shown)]


def test_filters_are_on_record_by_name_and_searches_without_what_was_typed(administrator):
    serial = active().device.serial_number
    administrator.get(changelist(Enrollment), {"q": serial})
    look = Look.objects.get()
    assert look.narrowed_by == ["q"]
    assert serial not in str(vars(look))


def test_what_the_front_page_shows_of_people_is_on_record(administrator):
    case = ReviewCase.objects.get(enrollment=ambiguous())
    administrator.get("/admin/")
    assert looks() == [("root", "listed", "enrollments.reviewcase", {str(case.pk)})]


@pytest.mark.parametrize("of", ["enrollment", "device", "site", "consent", "case"])
def test_each_page_about_somebody_is_on_record(of, administrator):
    enrollment = ambiguous()
    row = {
        "enrollment": enrollment, "device": enrollment.device, "site": enrollment.site,
        "consent": Consent.objects.get(), "case": ReviewCase.objects.get(),
    }[of]  # fmt: skip
    assert administrator.get(page_of(row)).status_code == 200
    assert looks() == [("root", "opened", row._meta.label_lower, {str(row.pk)})]


def test_an_empty_list_and_a_refused_page_are_no_looks(administrator, onlooker):
    administrator.get(changelist(Enrollment), {"q": "nobody"})
    row = active()
    onlooker.user.user_permissions.clear()
    assert onlooker.get(page_of(row)).status_code == 403
    assert looks() == []


def test_an_auditor_reads_them_by_person_and_by_row_and_staff_do_not(administrator):
    row = active()
    administrator.get(page_of(row))
    auditor = member_of("Auditor")
    for term in ("root", str(row.pk)):
        listed = auditor.get(changelist(Look), {"q": term}).context["cl"].result_list
        assert [each.username for each in listed] == ["root"]
    assert str(row.pk) in auditor.get(page_of(Look.objects.first())).content.decode()
    assert member_of("Program staff").get(changelist(Look)).status_code == 403


@pytest.mark.parametrize("statement", ["UPDATE {} SET username = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_looks_are_append_only(administrator, statement):
    active()
    administrator.get(changelist(Enrollment))
    refused = pytest.raises(DatabaseError, match=r"append-only|Cannot update or delete")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(Look._meta.db_table))


def test_what_is_found_is_on_record(administrator):
    row = active()
    administrator.get(reverse("find"), {"q": row.customer.reference_id})
    found = {table: rows for _, what, table, rows in looks() if what == "found"}
    assert found["enrollments.enrollment"] == {str(row.pk)}
