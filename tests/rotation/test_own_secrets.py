"""`rotate_secret`: a step at a time, in a file that stays whole and private, and never over what is still needed."""

import io
import json
import os
import stat
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import InterfaceError
from django.test import Client
from django_q.signing import BadSignature, SignedPackage

from enrollments.account import contacts
from enrollments.evidence import checkpoints
from partners.models import Customer
from tests.factories import NOW, CustomerFactory, active
from tests.rotation.conftest import FIRST
from texture_portal import clock, going_over, key_use, keys, queue_signing, rotation
from texture_portal.key_rings import Ring, RotationError
from texture_portal.models import Act, Key

pytestmark = pytest.mark.django_db


def test_no_secret_is_printed_and_each_step_is_on_record(step, secrets_file):
    said = [step(ring, name) for ring in Ring for name in ("announce", "promote")]
    kept = json.loads(secrets_file.read_text())
    secret = {key for ring in Ring for key in rotation.keys_of(kept, ring).keys}
    assert len(secret) == 6
    acts = Act.objects.filter(what="secret_rotated")
    assert acts.count() == 6
    told = " ".join([*said, *(json.dumps(each.detail) for each in acts)])
    assert not [each for each in secret if each in told]
    assert key_use.name_of(FIRST["DATA_KEYS"]) in told


def test_the_file_stays_private_and_whole_and_another_setting_in_it_stays(step, secrets_file):
    secrets_file.write_text(json.dumps({**FIRST, "OTHER": "kept"}))
    step("DATA_KEYS", "announce")
    assert stat.S_IMODE(secrets_file.stat().st_mode) == 0o600
    assert json.loads(secrets_file.read_text())["OTHER"] == "kept"
    assert [name for name in os.listdir(secrets_file.parent) if name.startswith("tmp")] == []


def test_a_ring_that_comes_from_the_environment_is_not_rotated_in_vain(step, secrets_file, settings):
    kept = {name: value for name, value in FIRST.items() if name != "DATA_KEYS"}
    secrets_file.write_text(json.dumps(kept))
    with pytest.raises(CommandError, match="comes from the environment"):
        call_command("rotate_secret", "DATA_KEYS", "announce")
    settings.OWN_SECRETS = SimpleNamespace(file=None)
    with pytest.raises(CommandError, match="Remedy: put them into a JSON file"):
        call_command("rotate_secret", "SECRET_KEY", "announce")


def test_a_sealing_key_is_dropped_once_nothing_needs_it_and_not_before(step, begin_anew, secrets_file):
    customer = CustomerFactory()
    sealed = customer.seal(b"personal", place="p")
    contacts.keep(customer, "Ana@example.org", language="en", now=NOW)
    step("DATA_KEYS", "announce")
    step("DATA_KEYS", "promote")
    with pytest.raises(CommandError, match="2 values are sealed or named by it"):
        step("DATA_KEYS", "drop")
    call_command("rotate_encryption_keys", stdout=io.StringIO(), stderr=io.StringIO())
    begin_anew()  # which writes down what that command has used
    rotation.drop_oldest(secrets_file, Ring.DATA_KEYS, now=clock.now() + going_over.leeway())
    begin_anew()
    assert Customer.objects.get().open(sealed, place="p") == b"personal"
    assert [each.customer for each in contacts.of_digest(contacts.known_digest("ana@example.org"))] == [customer]


def test_a_checkpoint_key_stays_while_what_it_signed_is_to_be_verified(step):
    active()
    assert checkpoints.sign_if_due(now=NOW) is not None
    step("CHECKPOINT_KEY", "announce")
    step("CHECKPOINT_KEY", "promote")
    active()
    assert checkpoints.sign_if_due(now=NOW + timedelta(days=2)) is not None
    call_command("verify_audit_trail", stdout=io.StringIO())
    with pytest.raises(CommandError, match="1 signatures are by it"):
        step("CHECKPOINT_KEY", "drop")


def test_a_session_outlives_the_exchange_of_the_secret_key(step, secrets_file):
    browser = Client()
    browser.force_login(User.objects.create_superuser("root"))
    for name in ("announce", "promote"):
        step("SECRET_KEY", name)
        assert browser.get("/admin/").status_code == 200
    with pytest.raises(CommandError, match="Remedy: wait"):
        step("SECRET_KEY", "drop")
    old = FIRST["SECRET_KEY"]
    keys.write_down(now=clock.now())
    assert Key.objects.get(fingerprint=key_use.name_of(old)).last_used_at is not None
    tomorrow = clock.now() + timedelta(days=1)
    assert old not in rotation.drop_oldest(secrets_file, Ring.SECRET_KEY, now=tomorrow).keys
    assert Session.objects.count() == 1


def test_what_is_queued_stays_good_while_the_secret_key_is_exchanged(settings):
    queue_signing.sign_with("old")
    package = SignedPackage.dumps({"func": "drain"})
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["old"]
    queue_signing.sign_with("new")
    assert SignedPackage.loads(package) == {"func": "drain"}
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(BadSignature):
        SignedPackage.loads(package)


def test_the_use_of_a_key_is_written_down_and_never_goes_back(begin_anew):
    CustomerFactory().seal(b"x", place="p")
    keys.write_down(now=clock.now())
    used = Key.objects.get(ring="DATA_KEYS").last_used_at
    assert used is not None
    key_use._used["DATA_KEYS", FIRST["DATA_KEYS"]] = (used - timedelta(hours=1)).timestamp()
    keys.write_down(now=clock.now())
    assert Key.objects.get(ring="DATA_KEYS").last_used_at == used


@pytest.mark.parametrize("fault", [InterfaceError("gone"), RuntimeError("a riddle")])
def test_a_process_goes_on_to_tell_of_its_keys_whatever_was_in_the_way(monkeypatch, caplog, fault):
    def fails(*, now):
        raise fault

    monkeypatch.setattr(keys, "write_down", fails)
    monkeypatch.setattr(keys.connection, "close", lambda: None)  # the test's own
    keys.write_if_possible()
    assert type(fault).__name__ in caplog.text


def test_a_file_that_others_may_read_is_refused(manage, secrets_file, environment):
    secrets_file.chmod(0o644)
    done = manage("check", SECRETS_FILE=str(secrets_file), DATABASE_URL="postgresql://portal@127.0.0.1:1/portal")
    assert done.returncode != 0
    assert "everybody on this machine may read" in done.stderr
    assert FIRST["DATA_KEYS"] not in done.stderr


def test_a_step_that_nobody_prepared_is_refused(secrets_file, begin_anew):
    with pytest.raises(RotationError):
        rotation.promote(secrets_file, Ring.DATA_KEYS, now=NOW)
