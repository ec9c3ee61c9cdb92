"""A partner announces planned maintenance itself: 48 hours ahead it is left out of what is held against it (§7.1)."""

from collections.abc import Callable
from datetime import datetime

import pytest

from partners import maintenance
from partners.models import Maintenance, Partner
from texture_portal import clock
from texture_portal.actors import staff

from .client import Answer, Client
from .payloads import ago, planned


def withdraw(oem: Client, id: str) -> Answer:
    return oem.sign_and_send(oem.draft("DELETE", f"/v1/maintenance/{id}", {}))


@pytest.fixture
def lone_oem(new_partner: Callable[..., Client]) -> Client:
    return new_partner()


@pytest.mark.parametrize(("hours", "excluded"), [(49, True), (47, False)])
def test_what_is_announced_48_hours_ahead_is_excluded_and_shown(lone_oem: Client, hours: int, excluded: bool) -> None:
    """At shorter notice it is shown all the same, and counts."""
    body = planned(startsAt=ago(hours=-hours), endsAt=ago(hours=-hours - 1))
    answer = lone_oem.post("/v1/maintenance", body)
    assert answer.status == 201
    made = answer.json
    assert answer.headers["Location"] == f"/v1/maintenance/{made['id']}"
    assert (made["status"], made["excluded"], made["announcedBy"]) == ("announced", excluded, "partner")
    assert lone_oem.get(f"/v1/maintenance/{made['id']}").json == made
    kept = Maintenance.objects.get(pk=made["id"])
    assert (str(kept.partner_id), kept.announced_by) == (lone_oem.partner_id, f"partner {lone_oem.partner_id}")
    assert Maintenance.objects.in_time().filter(pk=kept.pk).exists() is excluded


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"startsAt": ago(minutes=1)}, "/startsAt"),
        ({"endsAt": ago(hours=-71)}, "/endsAt"),
        ({"endsAt": ago(days=-11)}, "/endsAt"),
        ({"startsAt": ago(days=-731), "endsAt": ago(days=-732)}, "/startsAt"),
        ({"startsAt": "9999-12-30T00:00:00Z", "endsAt": "9999-12-31T00:00:00Z"}, "/startsAt"),
        ({"endsAt": "9999-12-31T00:00:00Z"}, "/endsAt"),
        ({"what": " "}, "/what"),
        ({"what": "x" * 256}, "/what"),
        ({"starts": ago(hours=-72)}, "/starts"),
    ],
)
def test_it_is_announced_for_a_while_to_come(lone_oem: Client, changes: dict[str, str], pointer: str) -> None:
    answer = lone_oem.post("/v1/maintenance", planned(**changes))
    assert (answer.status, answer.code) == (400, "validation_failed")
    assert pointer in [each["pointer"] for each in answer.json["errors"]]
    assert lone_oem.get("/v1/maintenance").json["data"] == []


def test_it_is_withdrawn_once_and_stays_on_record(lone_oem: Client) -> None:
    made = lone_oem.post("/v1/maintenance", planned()).json
    withdrawn = withdraw(lone_oem, made["id"])
    assert withdrawn.status == 200
    assert (withdrawn.json["status"], withdrawn.json["excluded"]) == ("withdrawn", False)
    assert withdrawn.json["withdrawnBy"] == "partner"
    assert withdraw(lone_oem, made["id"]).code == "state_conflict"
    assert lone_oem.get("/v1/maintenance").json["data"] == [withdrawn.json]
    assert not Maintenance.objects.in_time().filter(pk=made["id"]).exists()


def test_what_staff_announce_is_the_partners_to_see_and_names_no_staff(lone_oem: Client) -> None:
    partner, now = Partner.objects.get(pk=lone_oem.partner_id), clock.now()
    given = planned()
    made = maintenance.announce(
        partner, what=given["what"], starts_at=datetime.fromisoformat(given["startsAt"]),
        ends_at=datetime.fromisoformat(given["endsAt"]), now=now, by=staff(user_id=1, name="anna"),
    )  # fmt: skip
    maintenance.announce(
        None, what="Ours.", starts_at=made.starts_at, ends_at=made.ends_at, now=now, by=staff(user_id=1, name="anna")
    )  # fmt: skip
    answer = lone_oem.get("/v1/maintenance")
    [shown] = answer.json["data"]
    assert (shown["id"], shown["announcedBy"]) == (str(made.pk), "staff")
    assert b"anna" not in answer.body


def test_another_partners_is_not_found(lone_oem: Client, oem: Client) -> None:
    made = lone_oem.post("/v1/maintenance", planned()).json
    assert oem.get(f"/v1/maintenance/{made['id']}").code == "not_found"
    assert withdraw(oem, made["id"]).code == "not_found"
    assert lone_oem.get(f"/v1/maintenance/{made['id']}").json == made


def test_the_same_request_again_announces_nothing_twice(lone_oem: Client) -> None:
    body = planned()
    first, again = (lone_oem.post("/v1/maintenance", body, key="one-key") for _ in range(2))
    assert (first.status, again.body) == (201, first.body)
    assert len(lone_oem.get("/v1/maintenance").json["data"]) == 1


def test_no_more_than_fifty_are_to_come(lone_oem: Client) -> None:
    partner, given = Partner.objects.get(pk=lone_oem.partner_id), planned()
    starts, ends = (datetime.fromisoformat(given[name]) for name in ("startsAt", "endsAt"))
    Maintenance.objects.bulk_create(
        Maintenance(
            partner=partner, what="x", starts_at=starts, ends_at=ends, announced_at=clock.now(), announced_by="staff a"
        )
        for _ in range(maintenance.MOST_COMING)
    )
    assert lone_oem.post("/v1/maintenance", given).code == "state_conflict"
    withdraw(lone_oem, lone_oem.get("/v1/maintenance?limit=1").json["data"][0]["id"])
    assert lone_oem.post("/v1/maintenance", given).status == 201


@pytest.mark.parametrize("scope", ["events:read", "events:write"])
def test_it_takes_the_scopes_of_events(new_partner: Callable[..., Client], scope: str) -> None:
    lone = new_partner("--scope", scope)
    reads = scope == "events:read"
    assert (lone.get("/v1/maintenance").status == 200) is reads
    assert (lone.post("/v1/maintenance", planned()).status == 201) is not reads
