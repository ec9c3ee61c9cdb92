"""Lists by pages: every row once, in order, whatever is added meanwhile (contract §1)."""

import base64
import json
from datetime import timedelta

import pytest

from partners import pagination
from partners.models import Customer, RefusedRequest
from texture_portal import clock
from texture_portal.refusals import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.urls("door_views")]


def add(partner, count, *, at=None):
    made = []
    for _ in range(count):
        customer = Customer(partner=partner, reference_id=f"cust-{Customer.objects.count()}")
        customer.give_key()
        customer.save()
        if at is not None:
            Customer.objects.filter(id=customer.id).update(created_at=at)
        made.append(str(customer.id))
    return made


def walk(client, limit, *, meanwhile=None):
    seen, cursor = [], ""
    while True:
        page = client.get(f"/v1/notes?limit={limit}{cursor}").json()
        assert len(page["data"]) <= limit
        seen += [row["id"] for row in page["data"]]
        if page["nextCursor"] is None:
            return seen
        cursor = f"&cursor={page['nextCursor']}"
        if meanwhile:
            meanwhile()


def test_newest_first_and_each_row_once(acme):
    made = add(acme.partner, 7)
    assert walk(acme, 3) == made[::-1]
    assert walk(acme, 7) == made[::-1]


def test_rows_of_one_instant_are_told_apart_by_id(acme):
    made = add(acme.partner, 5, at=clock.now())
    assert walk(acme, 2) == sorted(made, reverse=True)


def test_rows_added_meanwhile_neither_repeat_nor_hide_others(acme):
    made = add(acme.partner, 6)
    assert walk(acme, 2, meanwhile=lambda: add(acme.partner, 1)) == made[::-1]


def test_an_empty_list(acme):
    assert acme.get("/v1/notes").json() == {"data": [], "nextCursor": None}


def test_others_rows_are_not_there(acme, onboard, signing_client):
    add(acme.partner, 1)
    stranger = signing_client(onboard("Another OEM"))
    assert stranger.get("/v1/notes").json()["data"] == []


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("limit=0", "/query/limit", "out_of_range"),
        ("limit=501", "/query/limit", "out_of_range"),
        ("limit=ten", "/query/limit", "invalid"),
        ("limit=", "/query/limit", "invalid"),
        ("limit=1&limit=2", "/query/limit", "invalid"),
        ("offset=1", "/query/offset", "unknown_field"),
        ("cursor=", "/query/cursor", "invalid"),
        ("cursor=nonsense", "/query/cursor", "invalid"),
        ("cursor=%00", "/query/cursor", "invalid"),
        ("cursor=%ff", "/query/cursor", "invalid"),
        ("cursor=%F0%9F%94%8B", "/query/cursor", "invalid"),
        ("a%2Fb=1", "/query/a~1b", "unknown_field"),
        ("&".join(f"p{number}=1" for number in range(1100)), "/query", "validation_failed"),
    ],
)
def test_queries_that_are_refused(acme, problem, query, pointer, code):
    refused = problem(acme.get(f"/v1/notes?{query}"))
    assert (refused["status"], refused["code"]) == (400, "validation_failed")
    assert [(error["pointer"], error["code"]) for error in refused["errors"]] == [(pointer, code)]


@pytest.mark.parametrize(
    "place",
    [
        ["changes", "2026-05-01T00:00:00+00:00", "01990000-0000-7000-8000-000000000000"],
        ["newest", "2026-05-01T00:00:00", "01990000-0000-7000-8000-000000000000"],
        ["newest", "2026-05-01T00:00:00+00:00", "x"],
        ["newest", 7, None],
        ["newest", "2026-05-01T00:00:00+00:00", 7],
        ["newest"],
        {"a": 1},
        7,
        None,
    ],
)
def test_made_up_cursors_are_refused(acme, problem, place):
    cursor = base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")
    assert problem(acme.get(f"/v1/notes?cursor={cursor}"))["errors"][0]["pointer"] == "/query/cursor"


def test_oldest_change_first(acme, onboard):
    partners = [acme.partner, *(onboard(f"OEM {number}").partner for number in range(3))]
    partners[1].save()  # so it changed last

    def pages():
        cursor = None
        while True:
            page = pagination.page(
                type(acme.partner).objects.all(),
                order=pagination.OLDEST_CHANGE_FIRST,
                limit=2,
                cursor=cursor,
                shape=lambda partner: partner.id,
            )
            yield from page["data"]
            cursor = page["nextCursor"]
            if cursor is None:
                return

    assert list(pages()) == [partners[index].id for index in (0, 2, 3, 1)]


def test_a_cursor_far_out_of_time_is_an_empty_page(acme):
    add(acme.partner, 1)
    place = ["newest", (clock.now() - timedelta(days=300_000)).isoformat(), "01990000-0000-7000-8000-000000000000"]
    cursor = base64.urlsafe_b64encode(json.dumps(place).encode()).decode()
    assert acme.get(f"/v1/notes?cursor={cursor}").json()["data"] == []
    assert not RefusedRequest.objects.exists()


def test_the_order_of_another_list_is_refused():
    with pytest.raises(Refusal):
        pagination._open("WyJuZXdlc3QiXQ", pagination.NEWEST_FIRST)
