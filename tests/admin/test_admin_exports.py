"""Lists as files: what is listed, for those who may take it along, and on record. Filters that are kept."""

import csv
import io

import openpyxl
import pytest

from enrollments.models import Consent, Enrollment
from tests.admin.conftest import member_of
from tests.admin.test_admin_pages import changelist
from tests.factories import active, ambiguous
from texture_portal.console import exports
from texture_portal.models import Act, Look, SavedFilter


def exported(client, model, form="csv", query=""):
    return client.post(f"{changelist(model)}export/{form}/{query}")


def lines(answer):
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_the_file_has_the_lists_columns_and_only_what_its_filters_leave(administrator):
    running, _ = active(), ambiguous()
    heads, *rows = lines(exported(administrator, Enrollment, query="?state__exact=active&p=4"))
    assert heads[:3] == ["id", "Enrollment", "State"]
    assert [row[0] for row in rows] == [str(running.pk)]
    assert {"Active", running.device.serial_number} <= set(rows[0])
    assert "<" not in "".join(rows[0])


def test_a_search_narrows_it_as_it_does_the_list(administrator):
    wanted, _ = active(), active()
    rows = lines(exported(administrator, Consent, query=f"?q={wanted.device.serial_number}"))
    assert [row[0] for row in rows[1:]] == [str(Consent.objects.get(enrollment=wanted).pk)]


def test_excel_has_the_same_rows(administrator):
    active()
    book = openpyxl.load_workbook(io.BytesIO(b"".join(exported(administrator, Enrollment, "xlsx").streaming_content)))
    rows = [["" if cell is None else str(cell) for cell in row] for row in book.active.values]
    assert rows == lines(exported(administrator, Enrollment))


def test_each_is_on_record_with_the_rows_that_left(administrator):
    row = active()
    lines(exported(administrator, Enrollment, query="?state__exact=active"))
    act = Act.objects.get(what="exported")
    assert (act.username, act.about) == ("root", "enrollments.enrollment")
    assert act.detail == {"form": "csv", "narrowed_by": ["state__exact"]}
    look = Look.objects.get()
    assert (look.what, look.rows) == ("exported", [str(row.pk)])


def test_it_is_read_and_written_by_the_batch(administrator, monkeypatch):
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    for _ in range(5):
        active()
    assert len(lines(exported(administrator, Enrollment))) == 6
    assert sorted(len(each.rows) for each in Look.objects.all()) == [1, 2, 2]


def test_no_cell_is_a_formula(administrator):
    row = active()
    type(row.device).objects.filter(pk=row.device_id).update(serial_number="=cmd|' /C calc'!A0")
    assert "'=cmd|' /C calc'!A0" in lines(exported(administrator, Enrollment))[1]


@pytest.mark.parametrize(("group", "may"), [("Program staff", 200), ("Auditor", 200), ("Partner manager", 403)])
def test_who_may_take_lists_along(group, may, db):
    client = member_of(group)
    assert exported(client, Enrollment).status_code == may
    assert (b"Export CSV" in client.get(changelist(Enrollment)).content) == (may == 200)


def test_who_may_not_see_the_list_takes_none_along(onlooker):
    onlooker.user.user_permissions.set([])
    assert exported(onlooker, Enrollment).status_code == 403
    assert not Act.objects.filter(what="exported").exists()


def test_a_look_alone_takes_nothing(administrator):
    assert administrator.get(f"{changelist(Enrollment)}export/csv/").status_code == 405


def keep(client, name, query):
    given = {"table": "enrollments.enrollment", "name": name, "query": query}
    return client.post("/admin/saved-filters/", given, follow=True)


def test_filters_are_kept_for_the_user_alone_and_called_up(administrator, onlooker):
    active()
    page = keep(administrator, "Running", "state__exact=active&q=PW3-1&p=2").content.decode()
    assert "?state__exact=active" in page
    assert SavedFilter.objects.get().query == "state__exact=active", "without the search and the page"
    assert "Running" in administrator.get(changelist(Enrollment)).content.decode()
    assert "Running" not in onlooker.get(changelist(Enrollment)).content.decode()
    kept = SavedFilter.objects.get()
    assert onlooker.post(f"/admin/saved-filters/{kept.pk}/").status_code == 404
    administrator.post(f"/admin/saved-filters/{kept.pk}/")
    assert not SavedFilter.objects.exists()


def test_nothing_to_keep_and_no_such_list_are_refused(administrator):
    keep(administrator, "Empty", "q=PW3-1")
    assert not SavedFilter.objects.exists()
    assert administrator.post("/admin/saved-filters/", {"table": "auth.nothing", "name": "x"}).status_code == 404
