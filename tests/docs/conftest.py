"""The portal served over HTTP with the contract tests' made-up grid, and the OpenAPI document that it serves."""

import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from contract.conftest import authority, database, new_partner, oem, program_ids, stranger
from django.db import connection

from tests.databases import url_of_database
from tests.waiting import PATIENCE

from .portal import Portal
from .schema import Document

__all__ = ["authority", "database", "new_partner", "oem", "program_ids", "stranger"]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="package")
def document(authority: Any) -> Document:
    with urllib.request.urlopen(f"http://{authority}/v1/openapi.json", timeout=PATIENCE) as answer:
        return Document.read(answer.read())


@pytest.fixture(scope="module")
def portal(oem: Any, stranger: Any, new_partner: Callable[..., Any]) -> Portal:
    return Portal(oem, stranger, new_partner)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder that looks like a checkout to the commands, so that what they write is not in this one."""
    (tmp_path / "manage.py").symlink_to(ROOT / "manage.py")
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    return tmp_path


@pytest.fixture
def database_url(database: None) -> str:
    """Of the database that the served portal uses, for the commands of another process."""
    return url_of_database(connection.settings_dict["NAME"])
