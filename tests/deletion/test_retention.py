"""What is kept of consents, and purged in the end: the trail proves whole before and after; a forged end is found."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from enrollments.deletion import retention
from enrollments.evidence import checkpoints
from enrollments.models import Consent, DeletionRequest, Enrollment, ErasedDevice, PurgedChain
from partners.models import SignedRequest
from tests.deletion.test_carrying_out import carried_out, verify
from tests.deletion.test_every_field import erased
from tests.deletion.world import a_person, plant
from tests.factories import NOW, active


def purged(request):
    retention.purge(now=request.facts_kept_until)
    request.refresh_from_db()
    return request


@pytest.fixture
def kept(transactional_db):
    """Erased, and under a checkpoint, beside somebody who is not."""
    request, _ = carried_out(active().customer), active()
    checkpoints.sign_if_due(now=NOW + timedelta(days=2))
    return request


def test_facts_stay_until_their_time_is_over_and_no_longer(kept):
    assert kept.facts_kept_until - kept.done_at == timedelta(days=round(7 * 365.25))
    assert retention.purge(now=kept.facts_kept_until - timedelta(seconds=1)) == 0
    before = Consent.history.count()
    assert purged(kept).facts_purged_at == kept.facts_kept_until
    assert (Enrollment.objects.count(), Consent.objects.count()) == (1, 1)
    assert Consent.history.count() < before
    assert SignedRequest.objects.filter(customer=kept.customer_id).count() == 0
    assert kept.reference_digest == ""
    assert "The audit trail is whole" in verify()
    checkpoints.sign_if_due(now=kept.facts_kept_until + timedelta(days=2))
    assert "The audit trail is whole" in verify()


def test_a_person_with_everything_is_purged_whole(told_readings):
    enrollment = a_person()
    plant(enrollment.customer)
    erased(enrollment.customer)
    request = DeletionRequest.objects.get()
    checkpoints.sign_if_due(now=request.done_at + timedelta(days=2))
    purged(request)
    assert not Enrollment.objects.exists()
    assert "The audit trail is whole" in verify()


@pytest.mark.parametrize(
    "forged",
    [
        "UPDATE enrollments_purgedchain SET length = length - 1",
        "UPDATE enrollments_purgedchain SET head = '\\x00'",
        "DELETE FROM enrollments_purgedchain",
    ],
)
def test_who_only_has_the_database_cannot_make_a_chain_vanish(kept, forged):
    purged(kept)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(forged)
            cursor.execute("SET session_replication_role = DEFAULT")
        with pytest.raises(SystemExit):
            verify()
        transaction.set_rollback(True)


def test_the_database_lets_no_chain_go_that_was_not_purged(kept):
    with pytest.raises(DatabaseError), transaction.atomic():
        Consent.history.all()._raw_delete("default")
    assert not PurgedChain.objects.exists()


def test_devices_are_remembered_as_long_as_an_old_consent_could_be_sent(kept):
    retention.purge(now=kept.done_at + timedelta(days=90))
    assert ErasedDevice.objects.count() == 1
    retention.purge(now=kept.done_at + timedelta(days=92))
    assert not ErasedDevice.objects.exists()
