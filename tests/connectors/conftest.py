"""Documents, and the answers of real clouds beside the repository: where those are absent, tests skip, saying so."""

import json
from pathlib import Path

import pytest
from django.conf import settings

from devices.connectors.pull import shipped
from devices.connectors.pull.parsing import parse

ANSWERS = Path(settings.BASE_DIR).parent / "shared" / "data" / "oem"
DOCUMENTS = Path(__file__).with_name("documents")


@pytest.fixture
def answer():
    """`answer("easee/sites.json")`: what the cloud answered, without what was noted around it."""
    if not ANSWERS.is_dir():
        pytest.skip(f"real answers of OEM clouds are not at {ANSWERS}")

    def read(name):
        found = json.loads((ANSWERS / name).read_text(encoding="utf-8"))
        return found["body"] if "_source_heading" in found else found

    return read


@pytest.fixture
def document():
    """By name: one that is shipped, or one of these tests."""

    def read(name):
        path = DOCUMENTS / f"{name}.json"
        return parse(json.loads(path.read_text(encoding="utf-8")) if path.exists() else shipped.document(name))

    return read
