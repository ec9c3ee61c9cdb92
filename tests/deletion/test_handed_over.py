"""Who was handed over to another partner is erased at the first one, too."""

from datetime import timedelta

import pytest

from enrollments.deletion.person import person
from enrollments.deprovisioning import asking, work
from enrollments.models import DeletionRequest, Enrollment, ErasedDevice, LinkSession
from partners.models import Customer, IdempotencyRecord, RefusedRequest, WebhookMessage
from tests.deletion import searching
from tests.deletion.test_carrying_out import verify
from tests.deletion.test_every_field import erased
from tests.deletion.world import BY, MARK, a_person
from tests.factories import NOW, active, listening_partner
from texture_portal import clock
from texture_portal.ids import new_id


def handed_over(partner, successor):
    asking.begin(partner, choice="hand_over", successor=successor, reason="The contract ends.", now=clock.now(), by=BY)
    while work.work_off(now=clock.now()):
        pass


@pytest.mark.django_db(transaction=True)
def test_no_mark_stays_at_the_partner_that_had_them_before():
    enrollment = a_person()
    before = enrollment.partner
    successor = listening_partner(url="https://coming.example/in")
    handed_over(before, successor)
    customer = Customer.objects.get(pk=enrollment.customer_id)
    assert customer.partner == successor
    assert WebhookMessage.objects.filter(partner=before).exclude(body="").exists()
    assert IdempotencyRecord.objects.filter(partner=before).count() == 2
    assert RefusedRequest.objects.filter(partner=before).exclude(subject="").exists()
    erased(customer)
    assert searching.tables_with(MARK) == set()
    assert searching.sealed_with(MARK) == set()
    assert not WebhookMessage.objects.filter(subject=enrollment.pk).exclude(body="").exists()
    assert not IdempotencyRecord.objects.exists()
    assert set(ErasedDevice.objects.values_list("partner", flat=True)) == {before.pk, successor.pk}
    assert "The audit trail is whole" in verify()


@pytest.mark.django_db(transaction=True)
def test_the_word_that_each_partner_had_for_them_is_known(transactional_db):
    enrollment = active(partner=listening_partner(), customer_reference="cust-1")
    first, second, third = enrollment.partner, listening_partner(), listening_partner()
    active(partner=second, customer_reference="cust-1")
    visit = LinkSession.objects.create(
        id=new_id(), partner=first, customer_reference="cust-1", created_at=NOW, expires_at=NOW + timedelta(hours=1)
    )
    handed_over(first, second)
    handed_over(second, third)
    customer = Customer.objects.get(pk=enrollment.customer_id)
    word = f"{first.pk}:cust-1"
    assert person(customer).known_as == ((third.pk, word), (second.pk, word), (first.pk, "cust-1"))
    erased(customer)
    visit.refresh_from_db()
    assert visit.customer_reference == ""
    assert Enrollment.objects.open().count() == DeletionRequest.objects.count() == 1
