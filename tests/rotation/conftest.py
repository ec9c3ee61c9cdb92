"""A grid, partners and portals as the tests of faults have them, and a file with secrets of one's own."""

import json
from pathlib import Path

import pytest

from tests.faults.conftest import grid_in_force, onboard, peer, program_id, serve
from tests.portal.conftest import environment, manage
from tests.webhooks.conftest import receiver

__all__ = ["environment", "grid_in_force", "manage", "onboard", "peer", "program_id", "receiver", "serve"]

FIRST = {"SECRET_KEY": "s" * 48, "DATA_KEYS": "d" * 48, "CHECKPOINT_KEY": "c" * 48}


@pytest.fixture
def secrets_file(tmp_path) -> Path:
    file = tmp_path / "own-secrets.json"
    file.write_text(json.dumps(FIRST))
    file.chmod(0o600)
    return file
