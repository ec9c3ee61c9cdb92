"""What items of a batch share, and that none suffers from another (contract §3, batch)."""

import pytest
from django.core.management import call_command
from django.db import connection
from django_q.models import OrmQ

from enrollments.models import Enrollment
from partners.models import IdempotencyRecord, Partner, WebhookDelivery
from programs.models import Participation, Program
from tests.contract.client import close_connections
from tests.contract.payloads import consent, enrollment
from tests.factories import WebhookEndpointFactory

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/v1/enrollments/batch"


@pytest.fixture
def oem(live_server, onboard):
    yield onboard(live_server.url.removeprefix("http://"))
    close_connections()


def items(count, **more):
    return [{"requestId": f"item-{number}", **enrollment(**more)} for number in range(count)]


def results(oem, sent):
    answer = oem.post(PATH, {"enrollments": sent})
    assert answer.status == 200, answer.body
    return answer.json["results"]


def told(got):
    return [each["status"] if each["status"] < 300 else each["problem"]["code"] for each in got]


def test_items_that_meet_nothing_of_each_others_share_a_transaction(oem):
    sent = items(6)
    sent[5]["customer"] = sent[0]["customer"]
    assert told(results(oem, sent)) == [201] * 6
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM enrollments_enrollment GROUP BY xmin ORDER BY 1")
        assert cursor.fetchall() == [(1,), (5,)]


def test_items_of_one_wave_count_each_others_places_in_a_program(oem, program_id):
    Program.objects.filter(pk=program_id).update(max_enrollments=3)
    got = results(oem, items(5, consent=consent("demand_response")))
    assert [each["enrollment"]["state"] for each in got] == ["enrolled"] * 3 + ["opted_in"] * 2
    assert Participation.objects.live().count() == 3


def test_what_a_wave_tells_the_partner_wakes_one_worker(oem):
    WebhookEndpointFactory(partner=Partner.objects.get(pk=oem.partner_id), event_types=["*"])
    assert told(results(oem, items(5))) == [201] * 5
    assert WebhookDelivery.objects.count() == 5
    assert [task.task["args"] for task in OrmQ.objects.all()] == [("webhooks",)]


def test_an_item_that_cannot_be_written_stops_no_other(oem):
    """By a fault of ours, which no rule foresees."""
    sent = items(5)
    sent[2]["device"]["model"] = "Poison"
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE devices_device ADD CONSTRAINT no_poison CHECK (model <> 'Poison')")
    try:
        first = results(oem, sent)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE devices_device DROP CONSTRAINT no_poison")
    assert told(first) == [201, 201, "internal_error", 201, 201]
    assert Enrollment.objects.count() == 4
    kept = IdempotencyRecord.objects.filter(namespace=IdempotencyRecord.Namespace.BATCH_ITEM)
    assert sorted(kept.values_list("key", flat=True)) == ["item-0", "item-1", "item-3", "item-4"]
    again = results(oem, sent)
    assert told(again) == [201] * 5
    assert [each for each in again if each["requestId"] != "item-2"] == first[:2] + first[3:]
    call_command("verify_audit_trail")
