"""A key leads once the processes know it, and goes once none uses it and nothing is to be found by its names."""

import io
from datetime import timedelta

import pytest
from django.core.management import call_command

from enrollments.deletion import retention
from enrollments.linking import sessions
from enrollments.models import LinkSession
from tests.deletion.test_carrying_out import carried_out
from tests.factories import active
from texture_portal import clock, going_over, key_use, keys, keys_needed, rotation
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


def test_a_key_that_erased_people_are_found_by_stays_for_as_long_as_that(step, drop):
    request = carried_out(active().customer)
    exchange(step)
    call_command("rotate_encryption_keys", stdout=io.StringIO(), stderr=io.StringIO())
    with pytest.raises(RotationError, match="1 devices of erased people, 1 deletions to be found by"):
        drop(now=clock.now() + HOUR)
    retention.purge(now=request.facts_kept_until)
    assert len(drop(now=request.facts_kept_until).keys) == 1


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
