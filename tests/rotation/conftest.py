"""A grid, partners and portals as the tests of faults have them, and a file with secrets of one's own."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django_q.conf import Conf

from tests.faults.conftest import grid_in_force, onboard, peer, program_id, serve
from tests.portal.conftest import environment, manage
from tests.webhooks.conftest import receiver
from texture_portal import clock, keys, own_secrets
from texture_portal.key_rings import Ring

__all__ = ["environment", "grid_in_force", "manage", "onboard", "peer", "program_id", "receiver", "serve"]

FIRST = {"SECRET_KEY": "s" * 48, "DATA_KEYS": "d" * 48, "CHECKPOINT_KEY": "c" * 48}


@pytest.fixture
def secrets_file(tmp_path) -> Path:
    file = tmp_path / "own-secrets.json"
    file.write_text(json.dumps(FIRST))
    file.chmod(0o600)
    return file


@pytest.fixture(autouse=True)
def _the_queue_is_signed_as_before_afterwards(monkeypatch):
    """With another key, workers that later tests start would throw away what this process queues."""
    monkeypatch.setattr(Conf, "SECRET_KEY", Conf.SECRET_KEY)


@pytest.fixture
def begin_anew(settings, secrets_file, monkeypatch):
    """What a process reads when it begins."""
    for name in (*Ring, "SECRET_KEY_FALLBACKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SECRETS_FILE", str(secrets_file))

    def read():
        found = own_secrets.read(home=secrets_file.parent, is_public=False)
        settings.OWN_SECRETS = found
        settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS = found.keys[Ring.SECRET_KEY]
        settings.DATA_KEYS, settings.CHECKPOINT_KEYS = found.keys[Ring.DATA_KEYS], found.keys[Ring.CHECKPOINT_KEY]
        keys.write_down(now=clock.now())

    read()
    return read


@pytest.fixture
def step(begin_anew):
    def take(ring, name):
        said = io.StringIO()
        call_command("rotate_secret", ring, name, stdout=said)
        begin_anew()
        return said.getvalue()

    return take
