"""API.md says all that there is, and the command says no to what it cannot do."""

import io
import re

import pytest
from django.core.management import CommandError, call_command

from partners.sandbox import calls, control, server
from partners.sandbox.faults import KINDS
from partners.sandbox.limits import CATEGORIES, USUAL
from partners.sandbox.vocabulary import COMMANDS
from tests.waiting import PATIENCE

TEXT = server.MANUAL.read_text(encoding="utf-8")


def test_every_route_is_in_the_manual():
    routes = [(each.method, each.path) for each in (*calls.ROUTES, *server.TOKEN_ROUTES)]
    routes += [(method, path) for method, path, _ in (*control.ROUTES, *server.OPEN_ROUTES)]
    told = [f"{method} {path}" for method, path in routes if path not in ("/", "/healthz")]
    assert [route for route in told if f"`{route}" not in TEXT] == []


@pytest.mark.parametrize("name", [*COMMANDS, *KINDS, *CATEGORIES])
def test_every_command_fault_and_category_is_in_the_manual(name):
    assert f"`{name}`" in TEXT


def test_the_limits_in_the_manual_are_those_in_force():
    for name, limit in USUAL.items():
        row = next(line for line in TEXT.splitlines() if line.startswith(f"| `{name}` |"))
        assert re.findall(r"\| (\d+) \| (\d+) \|$", row) == [(f"{limit.per_second:g}", str(limit.burst))]


def test_the_manual_is_served(cloud):
    assert cloud.http.get(cloud.url, timeout=PATIENCE).text == TEXT
    assert cloud.http.get(f"{cloud.url}/healthz", timeout=PATIENCE).json() == {"status": "ok", "devices": 24}


@pytest.mark.parametrize(
    "options",
    [{"rate_limits": "telemetry"}, {"devices": 0}, {"push_seconds": 0}, {"fault": ["plague"]}, {"host": "192.0.2.1"}],
)
def test_the_command_says_what_it_cannot_do(options):
    with pytest.raises(CommandError):
        call_command("sandbox_oem", port=0, stdout=io.StringIO(), **options)
