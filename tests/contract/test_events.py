"""`POST /v1/events` and `GET /v1/events/{id}`: what each type does, and in which order facts count (§4)."""

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from enrollments.models import Enrollment, PartnerEvent, ReviewCase
from partners.models import Partner

from . import grid
from .client import Answer, Client
from .payloads import FACT, again, ago, changed, consent, enrollment, event, without
from .problems import pointers

EVERY_TYPE = pytest.mark.parametrize("type", FACT)


def device_of(made: dict[str, Any]) -> str:
    return str(made["device"]["manufacturerDeviceId"])


def tell(oem: Client, body: dict[str, Any]) -> Answer:
    return oem.post("/v1/events", body)


def told(oem: Client, body: dict[str, Any]) -> dict[str, Any]:
    answer = tell(oem, body)
    assert answer.status == 202, answer.body
    return dict(answer.json)


def now_of(oem: Client, made: dict[str, Any]) -> dict[str, Any]:
    return dict(oem.get(f"/v1/enrollments/{made['id']}").json)


@EVERY_TYPE
def test_every_type_is_taken_and_can_be_read(oem: Client, type: str) -> None:
    made = oem.enrolled(enrollment())
    sent = event(type, device_of(made))
    answer = tell(oem, sent)
    assert answer.status == 202
    got = answer.json
    assert (got["id"], got["status"], got["enrollmentId"]) == (sent["id"], "processed", made["id"])
    assert got["enrollmentState"] == now_of(oem, made)["state"]
    read = oem.get(answer.headers["Location"])
    assert (read.status, {name: read.json[name] for name in got}) == (200, got)
    assert read.json["receivedAt"] <= read.json["processedAt"]


def test_a_revocation_opts_out_leaves_every_program_and_only_a_later_consent_reopens(oem: Client) -> None:
    made = oem.enrolled(enrollment())
    assert len(made["programs"]) == 2
    assert told(oem, event("consent.revoked", device_of(made)))["enrollmentState"] == "opted_out"
    after = now_of(oem, made)
    assert (after["state"], after["programs"], after["consent"]["status"]) == ("opted_out", [], "revoked")
    path = f"/v1/enrollments/{made['id']}/consents"
    assert oem.post(path, consent(grantedAt=ago(minutes=2))).code == "consent_revoked"
    assert oem.post(path, consent(grantedAt=ago(seconds=10))).json["state"] == "enrolled"


def test_a_revocation_that_a_later_consent_overtook_is_kept_and_changes_nothing(oem: Client) -> None:
    made = oem.enrolled(enrollment(consent=consent(grantedAt=ago(minutes=5))))
    late = told(oem, event("consent.revoked", device_of(made), ago(minutes=30)))
    assert (late["status"], late["enrollmentState"]) == ("superseded", "enrolled")
    path = f"/v1/enrollments/{made['id']}/consents"
    assert oem.post(path, consent(grantedAt=ago(minutes=40))).code == "consent_revoked"


def test_at_a_tie_the_revocation_wins(oem: Client) -> None:
    at = ago(minutes=5)
    made = oem.enrolled(enrollment(consent=consent(grantedAt=at)))
    assert told(oem, event("consent.revoked", device_of(made), at))["enrollmentState"] == "opted_out"
    assert oem.post(f"/v1/enrollments/{made['id']}/consents", consent(grantedAt=at)).code == "consent_revoked"


def test_an_earlier_revocation_after_a_later_one_is_superseded(oem: Client) -> None:
    made = oem.enrolled(enrollment())
    assert told(oem, event("consent.revoked", device_of(made), ago(minutes=2)))["status"] == "processed"
    assert told(oem, event("consent.revoked", device_of(made), ago(minutes=9)))["status"] == "superseded"


def test_an_expired_consent_is_to_be_renewed(oem: Client) -> None:
    made = oem.enrolled(enrollment())
    assert told(oem, event("consent.expired", device_of(made)))["enrollmentState"] == "eligible"
    after = now_of(oem, made)
    assert (after["programs"], after["consent"]["status"]) == ([], "expired")
    assert [action["code"] for action in after["requiredActions"]] == ["renew_consent"]


def test_a_decommissioned_device_has_left_and_can_be_enrolled_anew(oem: Client) -> None:
    body = enrollment()
    made = oem.enrolled(body)
    assert told(oem, event("device.decommissioned", device_of(made)))["enrollmentState"] == "revoked"
    after = now_of(oem, made)
    assert (after["state"], after["stateReason"], after["programs"]) == ("revoked", "decommissioned", [])
    anew = oem.enrolled({**body, "consent": consent()})
    assert (anew["id"] != made["id"], anew["state"]) == (True, "enrolled")
    late = told(oem, event("device.decommissioned", device_of(made), ago(minutes=5)))
    assert (late["status"], late["enrollmentId"]) == ("superseded", made["id"])
    assert now_of(oem, anew)["state"] == "enrolled"


def test_a_relocated_device_is_matched_again_and_keeps_its_consent(oem: Client) -> None:
    made = oem.enrolled(enrollment(grid.MATCHED))
    moved = told(oem, event("device.relocated", device_of(made), data={"newAddress": grid.WANTS_VERIFIED_ACCOUNT}))
    assert (moved["status"], moved["enrollmentState"]) == ("processed", "pending_verification")
    after = now_of(oem, made)
    assert (after["site"]["utility"]["eiaId"], after["consent"]) == ("90005", made["consent"])
    back = told(oem, event("device.relocated", device_of(made), ago(seconds=5), data={"newAddress": grid.MATCHED}))
    assert back["enrollmentState"] == "enrolled"
    reasons = [moment["reason"] for moment in oem.get(f"/v1/enrollments/{made['id']}/history").json["data"]]
    assert "relocated" in reasons
    late = told(oem, event("device.relocated", device_of(made), ago(minutes=3), data={"newAddress": grid.AMBIGUOUS}))
    assert (late["status"], now_of(oem, made)["site"]["utility"]["eiaId"]) == ("superseded", "90001")


@pytest.mark.parametrize(
    ("place", "state", "reason"),
    [
        (grid.OUTSIDE, "revoked", "territory_unsupported"),
        (grid.NO_SUCH_ZIP, "discovered", "relocated"),
        (grid.AMBIGUOUS, "pending_verification", "territory_ambiguous"),
        (grid.PARTIAL, "discovered", "relocated"),
    ],
    ids=["outside", "no such place", "ambiguous", "no program"],
)
def test_where_it_moved_decides(oem: Client, place: dict[str, str], state: str, reason: str) -> None:
    made = oem.enrolled(enrollment())
    assert told(oem, event("device.relocated", device_of(made), data={"newAddress": place}))["status"] == "processed"
    after = now_of(oem, made)
    assert (after["state"], after["stateReason"], after["programs"]) == (state, reason, [])


def test_what_staff_were_asked_of_the_former_place_is_not_asked_of_the_new_one(oem: Client) -> None:
    made = oem.enrolled(enrollment(grid.AMBIGUOUS))
    place = {**grid.AMBIGUOUS, "streetOne": "1900 Pearl St"}
    told(oem, event("device.relocated", device_of(made), data={"newAddress": place}))
    after = now_of(oem, made)
    assert (after["state"], after["review"]["reason"]) == ("pending_verification", "territory")
    assert after["review"]["id"] != made["review"]["id"]
    assert ReviewCase.objects.get(pk=made["review"]["id"]).decision == "moot"


def test_days_and_times_both_say_when_it_moved(oem: Client) -> None:
    made = oem.enrolled(enrollment())
    yesterday = ago(days=1)
    late = event("device.relocated", device_of(made), data={"newAddress": grid.PARTIAL, "relocatedOn": yesterday[:10]})
    assert told(oem, late)["enrollmentState"] == "discovered"
    today = event("device.relocated", device_of(made), data={"newAddress": grid.MATCHED, "relocatedOn": ago()[:10]})
    assert told(oem, today)["enrollmentState"] == "enrolled"
    assert told(oem, {**late, "id": f"evt-{uuid.uuid4()}"})["status"] == "superseded"


def test_a_transfer_is_out_of_dispatch_at_once_and_opens_a_review_of_24_hours(oem: Client) -> None:
    made = oem.enrolled(enrollment())
    assert told(oem, event("device.ownership_transferred", device_of(made)))["enrollmentState"] == (
        "pending_verification"
    )
    after = now_of(oem, made)
    assert (after["stateReason"], after["programs"], after["review"]["reason"]) == (
        "ownership_transferred",
        [],
        "ownership",
    )
    assert after["requiredActions"][0]["code"] == "confirm_ownership"


def test_lost_and_restored_are_one_kind(oem: Client) -> None:
    made = oem.enrolled(enrollment())
    device = device_of(made)
    lost, restored = "device.connectivity_lost", "device.connectivity_restored"
    assert told(oem, event(restored, device, ago(minutes=5)))["status"] == "processed"
    assert told(oem, event(lost, device, ago(minutes=6)))["status"] == "superseded"
    tie = ago(minutes=2)
    assert told(oem, event(lost, device, tie))["status"] == "processed"
    assert told(oem, event(restored, device, tie))["status"] == "superseded"
    assert now_of(oem, made)["state"] == "enrolled"  # elsewhere than in active, it is recorded only


def test_the_same_event_again_gives_the_first_outcome_and_another_content_is_refused(oem: Client) -> None:
    made = oem.enrolled(enrollment())
    sent = event("consent.expired", device_of(made))
    first = told(oem, sent)
    oem.post(f"/v1/enrollments/{made['id']}/consents", consent(grantedAt=ago(seconds=5)))
    again_ = tell(oem, dict(reversed(sent.items())))
    assert (again_.status, again_.json, again_.replayed) == (200, first, False)
    assert now_of(oem, made)["state"] == "enrolled"
    assert tell(oem, {**sent, "occurredAt": ago(minutes=3)}).code == "state_conflict"
    assert tell(oem, {**sent, "manufacturerDeviceId": "another"}).code == "not_found"
    assert PartnerEvent.objects.filter(event_id=sent["id"]).count() == 1


def test_the_same_key_replays_the_answer_byte_for_byte(oem: Client) -> None:
    sent = event("consent.revoked", device_of(oem.enrolled(enrollment())))
    first, second = (oem.post("/v1/events", sent, key=sent["id"]) for _ in range(2))
    assert (first.status, second.status, second.replayed) == (202, 202, True)
    assert first.body == second.body


@EVERY_TYPE
def test_an_unknown_device_is_not_found_but_its_revocation_is_kept(lone_oem: Client, type: str) -> None:
    body = enrollment()
    device = body["device"]["manufacturerDeviceId"]
    answer = tell(lone_oem, event(type, device, ago(minutes=5)))
    if type != "consent.revoked":
        assert (answer.status, answer.code) == (404, "not_found")
        return
    assert answer.status == 202
    assert (answer.json["status"], answer.json["enrollmentId"], answer.json["enrollmentState"]) == (
        "accepted",
        None,
        None,
    )
    assert lone_oem.enroll({**body, "consent": consent(grantedAt=ago(minutes=9))}).code == "consent_revoked"
    made = lone_oem.enrolled({**body, "consent": consent(grantedAt=ago(minutes=1))})
    assert made["state"] == "enrolled"


def test_a_revocation_of_a_device_enrolled_without_consent_counts_too(oem: Client) -> None:
    made = oem.enrolled(enrollment(consent={"optedIn": False}))
    told(oem, event("consent.revoked", device_of(made), ago(minutes=5)))
    refused = oem.post(f"/v1/enrollments/{made['id']}/consents", consent(grantedAt=ago(minutes=6)))
    assert refused.code == "consent_revoked"


def test_a_revocation_after_the_end_holds_for_the_next_enrollment(oem: Client) -> None:
    body = enrollment()
    made = oem.enrolled(body)
    told(oem, event("device.decommissioned", device_of(made), ago(minutes=9)))
    late = told(oem, event("consent.revoked", device_of(made), ago(minutes=8)))
    assert (late["enrollmentId"], late["enrollmentState"]) == (made["id"], "revoked")
    assert oem.enroll({**body, "consent": consent(grantedAt=ago(minutes=20))}).code == "consent_revoked"
    assert oem.enrolled({**body, "consent": consent(grantedAt=ago(minutes=1))})["state"] == "enrolled"


def test_a_late_revocation_strikes_the_consent_that_a_new_enrollment_rests_on(oem: Client) -> None:
    """Sent first it would have refused that consent; the former enrollment ended when it was told, later than it."""
    body = enrollment(consent=consent(grantedAt=ago(minutes=50)))
    made = oem.enrolled(body)
    told(oem, event("device.decommissioned", device_of(made), ago(minutes=20)))
    anew = oem.enrolled(body)
    late = told(oem, event("consent.revoked", device_of(anew), ago(minutes=5)))
    assert (late["status"], late["enrollmentId"], late["enrollmentState"]) == ("processed", anew["id"], "opted_out")
    older = told(oem, event("consent.revoked", device_of(anew), ago(minutes=55)))
    assert (older["enrollmentId"], now_of(oem, anew)["state"]) == (made["id"], "opted_out")


@pytest.mark.parametrize("place", ["/occurredAt", "/data/revokedAt"])
def test_a_time_to_come_is_out_of_range(oem: Client, place: str) -> None:
    sent = event("consent.revoked", device_of(oem.enrolled(enrollment())))
    answer = tell(oem, changed(sent, place, ago(seconds=-120)))
    assert (answer.status, pointers(answer.json)) == (400, {place: "out_of_range"})
    assert tell(oem, changed(sent, place, ago(seconds=-15))).status == 202


def test_a_day_to_come_is_out_of_range(oem: Client) -> None:
    sent = event("device.relocated", device_of(oem.enrolled(enrollment())))
    answer = tell(oem, changed(sent, "/data/relocatedOn", ago(days=-2)[:10]))
    assert pointers(answer.json) == {"/data/relocatedOn": "out_of_range"}


FAULTY: list[tuple[Callable[[dict[str, Any]], dict[str, Any]], dict[str, str]]] = [
    (lambda sent: without(sent, "/id"), {"/id": "required"}),
    (lambda sent: changed(sent, "/id", "x" * 256), {"/id": "invalid"}),
    (lambda sent: changed(sent, "/type", "device.exploded"), {"/type": "invalid"}),
    (lambda sent: without(sent, "/data/source"), {"/data/source": "required"}),
    (lambda sent: changed(sent, "/data/revokedOn", "2026-05-01"), {"/data/revokedOn": "unknown_field"}),
    (lambda sent: changed(sent, "/severity", "high"), {"/severity": "unknown_field"}),
    (lambda sent: changed(sent, "/data", "x"), {"/data": "invalid"}),
    (
        lambda sent: changed(without(sent, "/occurredAt"), "/data/revokedAt", "yesterday"),
        {"/occurredAt": "required", "/data/revokedAt": "invalid"},
    ),
]


@pytest.mark.parametrize(("spoil", "faults"), FAULTY)
def test_every_fault_is_pointed_at(oem: Client, spoil: Any, faults: dict[str, str]) -> None:
    sent = event("consent.revoked", device_of(oem.enrolled(enrollment())))
    answer = tell(oem, spoil(sent))
    assert (answer.status, answer.code, pointers(answer.json)) == (400, "validation_failed", faults)


def test_a_suspended_partner_may_still_revoke_and_decommission(new_partner: Callable[..., Client]) -> None:
    oem = new_partner()
    made = [oem.enrolled(enrollment()) for _ in range(2)]
    Partner.objects.filter(pk=oem.partner_id).update(status=Partner.Status.SUSPENDED)
    assert told(oem, event("consent.revoked", device_of(made[0])))["enrollmentState"] == "opted_out"
    assert told(oem, event("device.decommissioned", device_of(made[1])))["enrollmentState"] == "revoked"
    for type in set(FACT) - {"consent.revoked", "device.decommissioned"}:
        assert tell(oem, event(type, device_of(made[0]))).code == "partner_suspended"
    assert tell(oem, {}).code == "partner_suspended"
    assert oem.get("/v1/events/evt-1").code == "partner_suspended"


def test_an_event_is_its_partners_own(oem: Client, stranger: Client) -> None:
    made = oem.enrolled(enrollment())
    sent = event("consent.expired", device_of(made))
    assert tell(stranger, sent).code == "not_found"
    told(oem, sent)
    assert stranger.get(f"/v1/events/{sent['id']}").code == "not_found"
    theirs = stranger.enrolled(again(enrollment()))
    assert told(stranger, {**sent, "manufacturerDeviceId": device_of(theirs)})["enrollmentId"] == theirs["id"]
    assert now_of(oem, made)["state"] == "eligible"


@pytest.mark.parametrize("id", ["a/b", "a b?c#d", "émission-7", "..%2f", "batch"])
def test_an_id_may_be_any_text(lone_oem: Client, id: str) -> None:
    sent = event("consent.revoked", "nobody's", id=id)
    told(lone_oem, sent)
    read = lone_oem.get(f"/v1/events/{quote(id, safe='')}")
    assert (read.status, read.json["id"]) == (200, id)


def test_the_signed_request_is_kept_sealed(oem: Client) -> None:
    made = oem.enrolled(enrollment())
    sent = event("device.relocated", device_of(made))
    told(oem, sent)
    kept = PartnerEvent.objects.get(event_id=sent["id"]).signed_request
    assert kept.customer_id == Enrollment.objects.get(pk=made["id"]).customer_id
    assert grid.WANTS_SET_POWER["streetOne"].encode() not in bytes(kept.sealed_message)
