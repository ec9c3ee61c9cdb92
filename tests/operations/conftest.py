"""The log as it is written, line by line; and commands run as their users run them."""

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
from contract.conftest import authority, database, new_partner, program_ids

from tests.portal.conftest import environment, manage, test_database_url
from texture_portal.log_forms import Json, NamesWhatIsUnderWay, Plain

__all__ = ["authority", "database", "environment", "manage", "new_partner", "program_ids", "test_database_url"]


@pytest.fixture
def log_lines() -> Iterator[Callable[[], list[dict]]]:
    """What the portal has logged since, as JSON, through the form and the filter of production."""
    yield from _written(Json(), lambda text: [json.loads(line) for line in text.splitlines()])


@pytest.fixture
def plain_log() -> Iterator[Callable[[], str]]:
    yield from _written(Plain("{levelname} {name} {message}", style="{"), str)


def _written(form: logging.Formatter, read: Callable) -> Iterator[Callable]:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(form)
    handler.addFilter(NamesWhatIsUnderWay())
    logging.root.addHandler(handler)
    yield lambda: read(written.getvalue())
    logging.root.removeHandler(handler)
