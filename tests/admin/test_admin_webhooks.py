"""Webhooks in the admin: how endpoints fare, every attempt with its answer, dead letters, and who may do what."""

import pytest
from django.urls import reverse

from partners.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from partners.webhooks import announce
from tests import factories
from tests.admin.conftest import member_of
from tests.factories import NOW, listening_partner
from texture_portal import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def enrollment():
    return factories.enrolled(partner=listening_partner())


@pytest.fixture
def delivery(enrollment):
    """A dead letter with an answer that says why."""
    row = WebhookDelivery.objects.get()
    row.state, row.outcome, row.settled_at, row.attempts = "dead", "http_503", NOW, 2
    row.save()
    WebhookAttempt.objects.create(
        delivery=row, number=2, at=NOW, milliseconds=31, status=503, outcome="http_503", answer="<b>Closed</b> today"
    )
    return row


def page_of(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=(row.pk,))


def list_of(model):
    return reverse(f"admin:partners_{model}_changelist")


def test_a_delivery_shows_its_attempts_its_answer_and_what_was_sent(administrator, delivery):
    page = administrator.get(page_of(delivery)).content.decode()
    assert "31 ms" in page
    assert "&lt;b&gt;Closed&lt;/b&gt; today" in page
    assert "enrollment_received" in page
    assert "Dead letter" in page


def test_a_dead_letter_is_sent_again_for_a_reason(administrator, delivery, carry_out, said):
    answer = carry_out(administrator, delivery, "send-again", reason="")
    assert "Nothing was changed" in said(answer)[0]
    answer = carry_out(administrator, delivery, "send-again", reason="Their database is back.")
    assert "sent again" in said(answer)[0]
    again = WebhookDelivery.objects.get(pk=delivery.pk)
    assert (again.state, again.settled_at) == ("pending", None)
    record = delivery.endpoint.partner.history.first()
    assert "Their database is back." in record.history_change_reason
    assert record.history_user == administrator.user


def test_every_dead_letter_of_an_endpoint_is_sent_again(administrator, delivery, carry_out, said):
    answer = carry_out(administrator, delivery.endpoint, "send-all-again", reason="They are back.")
    assert said(answer) == ["1 dead letters are sent again."]
    assert "send-all-again" not in administrator.get(page_of(delivery.endpoint)).content.decode()


def test_an_endpoint_is_tested_disabled_and_enabled(administrator, delivery, carry_out, said):
    endpoint = delivery.endpoint
    assert "on its way" in said(carry_out(administrator, endpoint, "test"))[0]
    assert WebhookDelivery.objects.first().message.type == "test"
    carry_out(administrator, endpoint, "disable", reason="It floods us.")
    assert WebhookEndpoint.objects.get().disabled_by == "staff"
    assert WebhookDelivery.objects.first().outcome == "endpoint_disabled"
    assert "disabled" in said(carry_out(administrator, endpoint, "test"))[0]
    carry_out(administrator, endpoint, "enable", reason="It behaves again.")
    assert WebhookEndpoint.objects.get().is_live


def test_a_new_secret_is_shown_once(administrator, delivery, carry_out):
    answer = carry_out(administrator, delivery.endpoint, "rotate-secret", reason="The old one leaked.")
    secret = answer.context["members"]["secret"]
    assert secret.startswith("whsec_")
    assert secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    page = administrator.get(page_of(delivery.endpoint)).content.decode()
    assert secret not in page
    assert "now on" in page


def test_lists_find_by_key_and_enrollment_and_filter_by_state(administrator, delivery, enrollment):
    for term in (delivery.message_id, enrollment.pk, delivery.endpoint_id):
        page = administrator.get(list_of("webhookdelivery"), {"q": str(term)}).content.decode()
        assert "enrollment.created" in page
    nothing = administrator.get(list_of("webhookdelivery"), {"q": "nonsense"}).content.decode()
    assert "http_503" not in nothing
    assert "http_503" in administrator.get(list_of("webhookdelivery"), {"state__exact": "dead"}).content.decode()
    assert "http_503" not in administrator.get(list_of("webhookdelivery"), {"type": "test"}).content.decode()
    endpoints = administrator.get(list_of("webhookendpoint")).content.decode()
    assert "hooks" in endpoints


def test_the_partners_page_lists_its_endpoints_and_the_enrollments_page_what_it_was_told(administrator, delivery):
    partner = delivery.endpoint.partner
    assert delivery.endpoint.url in administrator.get(page_of(partner)).content.decode()
    enrollment = partner.enrollments.get()
    page = administrator.get(page_of(enrollment)).content.decode()
    assert "Told to the partner" in page
    assert "enrollment.created" in page
    assert "Dead" in page


@pytest.mark.parametrize(
    ("group", "sees", "does"),
    [("Partner manager", True, True), ("Auditor", True, False), ("Program staff", False, False)],
)
def test_each_group_sees_and_does_what_is_its_own(group, sees, does, delivery, carry_out):
    member = member_of(group)
    for row in (delivery, delivery.endpoint):
        assert (member.get(page_of(row)).status_code == 200) is sees
    for verb, row in (("send-again", delivery), ("rotate-secret", delivery.endpoint), ("disable", delivery.endpoint)):
        status = carry_out(member, row, verb, reason="It is asked for.").status_code
        assert (status == 200) is does
    assert (WebhookDelivery.objects.get(pk=delivery.pk).state == "dead") is True or does


def test_nothing_is_typed_over(administrator, delivery):
    assert administrator.post(page_of(delivery), {"state": "delivered"}).status_code == 403
    assert administrator.get(reverse("admin:partners_webhookendpoint_add")).status_code == 403


def test_no_page_costs_more_for_more_rows(administrator, enrollment, django_assert_max_num_queries):
    partner = enrollment.partner
    for _ in range(30):
        announce(partner=partner, type="test", data=dict, now=clock.now())
    with django_assert_max_num_queries(15):
        administrator.get(list_of("webhookdelivery"))
    with django_assert_max_num_queries(15):
        administrator.get(list_of("webhookendpoint"))
