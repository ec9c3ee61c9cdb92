"""A key leads once the processes know it, and goes once none uses it and nothing is to be found by its names."""

import io
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import call_command

from enrollments import erased_devices
from enrollments.deletion import retention
from enrollments.deletion.references import reference_digests
from enrollments.linking import sessions
from enrollments.models import DeletionRequest, ErasedDevice, LinkSession
from tests.deletion.test_carrying_out import carried_out
from tests.deletion.world import _before_anybody_knew
from tests.factories import PartnerFactory, active
from texture_portal import clock, going_over, key_use, keys, keys_needed, keys_page, rotation
from texture_portal.key_rings import Ring, RotationError

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def drop(secrets_file):
    def take(*, now):
        return rotation.drop_oldest(secrets_file, Ring.DATA_KEYS, now=now)

    return take


def exchange(step):
    step("DATA_KEYS", "announce")
    step("DATA_KEYS", "promote")


def test_a_key_that_no_running_process_knows_is_not_promoted(begin_anew, secrets_file):
    rotation.announce(secrets_file, Ring.DATA_KEYS, now=clock.now())
    keys.write_down(now=clock.now())  # by a process that began before
    with pytest.raises(RotationError, match="none has said that it knows"):
        rotation.promote(secrets_file, Ring.DATA_KEYS, now=clock.now())
    begin_anew()
    assert len(rotation.promote(secrets_file, Ring.DATA_KEYS, now=clock.now()).keys) == 2


def test_where_nothing_runs_nothing_is_waited_for(begin_anew, secrets_file):
    rotation.announce(secrets_file, Ring.DATA_KEYS, now=clock.now())
    assert not rotation.promote(secrets_file, Ring.DATA_KEYS, now=clock.now() + HOUR).is_pending


def test_a_key_that_leads_in_the_file_alone_takes_nobodys_place(begin_anew, secrets_file, drop):
    rotation.announce(secrets_file, Ring.DATA_KEYS, now=clock.now())
    begin_anew()
    rotation.promote(secrets_file, Ring.DATA_KEYS, now=clock.now())
    with pytest.raises(RotationError, match="No process has said yet that it signs and seals with the new key"):
        drop(now=clock.now() + HOUR)


def test_a_key_that_some_process_still_uses_is_not_dropped(step, settings, drop):
    exchange(step)
    with pytest.raises(RotationError, match="Remedy: wait"):
        drop(now=clock.now())
    used_at, held = clock.now() + HOUR, settings.DATA_KEYS
    settings.DATA_KEYS = held[::-1]  # in a process that did not begin anew
    key_use._used["DATA_KEYS", held[-1]] = used_at.timestamp()
    keys.write_down(now=used_at)
    settings.DATA_KEYS = held
    with pytest.raises(RotationError, match="Remedy: wait"):
        drop(now=used_at + going_over.leeway() - timedelta(seconds=1))
    assert drop(now=used_at + going_over.leeway()).keys == (held[0],)


def test_a_key_that_erased_people_are_found_by_is_needed_until_they_are_named_anew(step, drop):
    enrollment = active()
    partner, reference = enrollment.partner_id, enrollment.customer.reference_id
    device, request = enrollment.device.manufacturer_device_id, carried_out(enrollment.customer)
    exchange(step)
    with pytest.raises(RotationError, match="Remedy: run `rotate_encryption_keys`"):
        drop(now=clock.now() + HOUR)
    assert "erased people and their devices: 2 named anew" in sealed_anew()
    assert "erased people and their devices: 0 named anew" in sealed_anew()
    assert len(drop(now=clock.now() + HOUR).keys) == 1
    step("DATA_KEYS", "announce")  # every process begins anew, and has the old key no more
    assert DeletionRequest.objects.get(reference_digest__in=reference_digests([partner], reference)) == request
    assert erased_devices.last_revocation(partner, device) == request.done_at


def test_names_of_before_that_could_be_done_are_waited_for(step, drop):
    request = carried_out(active().customer)
    DeletionRequest.objects.update(sealed_reference=None)
    ErasedDevice.objects.update(sealed_essence=None)
    exchange(step)
    sealed_anew()
    ends = rf"1 devices of erased people \(until {request.done_at + erased_devices.REMEMBERED:%Y-%m-%d %H:%M}\), "
    with pytest.raises(RotationError, match=f"{ends}1 deletions to be found by .*until {request.facts_kept_until:%Y}"):
        drop(now=clock.now() + HOUR)
    assert [each.kind.split()[0] for each in keys_page._waiting(settings.DATA_KEYS, 1, now=clock.now())] == [
        "devices", "deletions",
    ]  # fmt: skip
    retention.purge(now=request.facts_kept_until)
    assert len(drop(now=request.facts_kept_until).keys) == 1


def test_a_key_that_sealed_evidence_of_nobody_stays_and_the_page_says_for_what(step, drop):
    _before_anybody_knew(PartnerFactory(), "PW3-1")
    exchange(step)
    sealed_anew()
    with pytest.raises(RotationError, match=r"1 signed requests .* evidence, and never sealed anew. Remedy: keep it"):
        drop(now=clock.now() + HOUR)
    [part] = keys_page._waited_for(now=clock.now())
    assert "signed requests about devices that nobody had enrolled" in str(part["table"])
    assert "for good" in str(part["table"])


def sealed_anew():
    said = io.StringIO()
    call_command("rotate_encryption_keys", stdout=said, stderr=io.StringIO())
    return said.getvalue()


def test_who_was_erased_under_the_new_key_does_not_hold_the_old_one(step, drop):
    exchange(step)
    carried_out(active().customer, now=clock.now() + HOUR)
    assert len(drop(now=clock.now() + 2 * HOUR).keys) == 1


def test_addresses_of_link_sessions_stay_good_for_their_hour(step, drop):
    now = clock.now() + going_over.leeway() / 2
    sessions.begin(purpose=LinkSession.Purpose.LINK, language="en", browser="b", now=now)
    exchange(step)
    with pytest.raises(RotationError, match="1 addresses of link sessions"):
        drop(now=now + sessions.LASTS - timedelta(seconds=1))
    assert len(drop(now=now + sessions.LASTS).keys) == 1


def test_a_key_stays_while_it_is_needed_for_a_certificate_or_what_is_left_of_a_chain(step, secrets_file):
    request = carried_out(active().customer)
    step("CHECKPOINT_KEY", "announce")
    step("CHECKPOINT_KEY", "promote")
    old, new = keys_needed.names_of_checkpoint_keys()[::-1]
    assert keys_needed.needed().checkpoint_keys == {old: 1}
    with pytest.raises(RotationError, match="1 signatures are by it"):
        rotation.drop_oldest(secrets_file, Ring.CHECKPOINT_KEY, now=clock.now() + HOUR)
    retention.purge(now=request.facts_kept_until)
    assert keys_needed.needed().checkpoint_keys == {old: 1, new: 1}
