"""The portal served over HTTP with the contract tests' made-up grid, and the OpenAPI document that it serves."""

import urllib.request
from typing import Any

import pytest
from contract.conftest import authority, database, new_partner, oem, program_ids, stranger

from .schema import Document

__all__ = ["authority", "database", "new_partner", "oem", "program_ids", "stranger"]


@pytest.fixture(scope="package")
def document(authority: Any) -> Document:
    with urllib.request.urlopen(f"http://{authority}/v1/openapi.json", timeout=30) as answer:
        return Document.read(answer.read())
