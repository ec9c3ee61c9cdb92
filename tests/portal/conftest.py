"""Commands run as a user runs them: processes of their own, with an environment of their own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.databases import url_of_database
from tests.waiting import PATIENCE

Run = Callable[..., subprocess.CompletedProcess[str]]

PRIVATE = ("ALLOWED_HOSTS", "CHECKPOINT_KEY", "DATABASE_URL", "DATA_KEYS", "DEBUG", "PORT", "SECRET_KEY")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in PRIVATE}
    return {**inherited, "PORTAL_HOME": str(tmp_path / "home"), "DJANGO_SETTINGS_MODULE": "texture_portal.settings"}


@pytest.fixture
def manage(environment: dict[str, str]) -> Run:
    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env={**environment, **variables},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    return run


@pytest.fixture
def test_database_url(transactional_db) -> str:
    return url_of_database(connection.settings_dict["NAME"])
