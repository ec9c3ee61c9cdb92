"""What partners are told of their enrollments: each cause, once, as `GET` gives it, in the cause's transaction."""

import json
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from enrollments import interventions, lifecycle, notices, review
from enrollments.models import Enrollment
from enrollments.overview import overview
from enrollments.presentation import show
from partners import webhooks
from partners.models import WebhookDelivery, WebhookMessage
from tests import factories
from tests.factories import NOW, listening_partner
from texture_portal import actors

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def partner():
    return listening_partner()


def told(enrollment) -> list[dict]:
    """The documents in the order of their deliveries."""
    rows = WebhookDelivery.objects.filter(subject=enrollment.pk).order_by("id").select_related("message")
    return [json.loads(row.message.body) for row in rows]


def news(enrollment) -> list[tuple]:
    return [(each["type"], each["data"]["previousState"], each["data"]["state"]) for each in told(enrollment)]


def as_got(enrollment) -> dict:
    return json.loads(json.dumps(show(overview(Enrollment.objects.shown().get(pk=enrollment.pk))), default=str))


def without_notice(document: dict) -> dict:
    added = {"previousState", "reason", "reviewId", "revokedAt", "source", "message"}
    return {name: value for name, value in document["data"].items() if name not in added}


def revoke_consent(enrollment, *, revoked_at=LATER):
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=enrollment.pk)
        lifecycle.revoke_consent(held, revoked_at=revoked_at, source="device_app", now=LATER, by=actors.system("test"))


def test_a_new_enrollment_is_one_piece_of_news_and_as_get_gives_it(partner):
    made = factories.enrolled(partner=partner)
    [document] = told(made)
    assert (document["type"], document["version"], document["timestamp"]) == (
        "enrollment.created", "1.0.0", "2026-05-04T15:00:00Z",
    )  # fmt: skip
    assert without_notice(document) == as_got(made)
    assert (document["data"]["previousState"], document["data"]["reason"]) == (None, "enrollment_received")
    assert document["key"] == str(WebhookMessage.objects.get().pk)


def test_a_new_one_in_review_says_so(partner):
    made = factories.ambiguous(partner=partner)
    assert [each["type"] for each in told(made)] == ["enrollment.created", "enrollment.review_opened"]
    opened = told(made)[1]
    assert opened["data"]["reviewId"] == opened["data"]["review"]["id"] == str(made.review_cases.get().pk)
    assert opened["data"]["reason"] == "territory"


def test_a_change_of_state_names_the_state_before_and_why_however_many_steps_it_took(partner):
    made = factories.active(partner=partner)
    created, changed = told(made)
    assert (changed["type"], changed["data"]["previousState"], changed["data"]["state"]) == (
        "enrollment.status_changed", "enrolled", "active",
    )  # fmt: skip
    assert changed["data"]["reason"] == "participation_began"
    assert without_notice(changed) == as_got(made)
    assert created["key"] != changed["key"]


def test_advancing_where_nothing_moves_is_no_news(partner):
    made = factories.enrolled(partner=partner)
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=made.pk)
        lifecycle.advance(held, now=LATER, by=actors.system("test"))
    assert len(told(made)) == 1


def test_a_decision_tells_that_the_review_is_resolved_and_where_the_enrollment_went(partner, django_user_model):
    utility = factories.ProgramFactory().owner
    made = factories.ambiguous(utility, factories.ProgramFactory().owner, partner=partner)
    user = django_user_model.objects.create_user("sam")
    review.resolve_territory(made.open_case(), utility=utility, reason="The map says so.", now=LATER, user=user)
    assert news(made)[2:] == [
        ("enrollment.review_resolved", "pending_verification", "enrolled"),
        ("enrollment.status_changed", "pending_verification", "enrolled"),
    ]
    assert told(made)[2]["data"]["reason"] == "confirmed"
    assert "The map says so." not in json.dumps(told(made))


def test_a_request_for_information_carries_what_is_asked(partner, django_user_model):
    made = factories.ambiguous(partner=partner)
    user = django_user_model.objects.create_user("sam")
    review.request_information(made.open_case(), message="Which meter?", now=LATER, user=user)
    asked = told(made)[-1]
    assert (asked["type"], asked["data"]["message"]) == ("enrollment.information_requested", "Which meter?")
    assert without_notice(asked) == as_got(made)
    assert asked["data"]["requiredActions"][0]["description"] == "Which meter?"


def test_a_revocation_is_told_once_with_its_time_and_source(partner):
    made = factories.enrolled(partner=partner)
    revoke_consent(made)
    revoke_consent(made)
    assert news(made)[1:] == [
        ("consent.revoked", "enrolled", "opted_out"),
        ("enrollment.status_changed", "enrolled", "opted_out"),
    ]
    assert told(made)[1]["data"]["source"] == "device_app"
    assert told(made)[1]["data"]["revokedAt"] == "2026-05-04T16:00:00Z"


def test_an_end_is_told_and_closes_the_review(partner, django_user_model):
    made = factories.ambiguous(partner=partner)
    user = django_user_model.objects.create_user("sam")
    interventions.revoke(made, reason="The maker asked.", now=LATER, user=user)
    assert sorted(news(made)[2:]) == [
        ("enrollment.review_resolved", "pending_verification", "revoked"),
        ("enrollment.status_changed", "pending_verification", "revoked"),
    ]


def test_what_other_rooms_note_is_told_when_they_say_so(partner):
    made = factories.enrolled(partner=partner)
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=made.pk)
        notices.note_consent_expiring(held, expires_at=NOW + timedelta(days=30))
        notices.note_evidence_requested(held, request_id=made.pk, due_at=NOW + timedelta(days=7), message="Send it.")
        notices.tell(held, now=LATER)
        notices.tell(held, now=LATER)
    expiring, asked = told(made)[1:]
    assert (expiring["type"], expiring["data"]["expiresAt"]) == ("consent.expiring", "2026-06-03T15:00:00Z")
    assert (asked["type"], asked["data"]["dueAt"]) == ("consent.evidence_requested", "2026-05-11T15:00:00Z")
    assert asked["data"]["previousState"] == asked["data"]["state"] == "enrolled"


def test_what_is_rolled_back_is_not_told(partner):
    made = factories.enrolled(partner=partner)
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=made.pk)
        lifecycle.revoke(held, reason="staff", now=LATER, by=actors.system("test"))
        transaction.set_rollback(True)
    assert len(told(made)) == 1


def test_a_partner_that_does_not_listen_costs_no_statement():
    deaf, listening = factories.PartnerFactory(), listening_partner()
    utility = factories.ProgramFactory().owner
    for partner in (deaf, listening):
        factories.enrolled(partner=partner, finding=factories.matched_to(utility))  # warms up
    with CaptureQueriesContext(connection) as captured:
        factories.enrolled(partner=deaf, finding=factories.matched_to(utility))
    assert [query["sql"] for query in captured if "webhook" in query["sql"]] == []
    with CaptureQueriesContext(connection) as captured:
        factories.enrolled(partner=listening, finding=factories.matched_to(utility))
    assert len([query["sql"] for query in captured if "webhookmessage" in query["sql"]]) == 1


def test_a_revocation_is_on_record_even_where_nobody_listens():
    made = factories.enrolled()
    revoke_consent(made)
    [telling] = webhooks.tellings(made.pk)
    assert (telling.type, telling.outcome, telling.acknowledged_at) == ("consent.revoked", "nobody", None)
    assert WebhookMessage.objects.get().body == ""
