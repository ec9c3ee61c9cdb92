"""`make demo`, from an empty database, as its user sees it."""

import json
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from django.conf import settings
from django.core.management import CommandError, call_command

from tests.ports import free_port
from tests.waiting import PATIENCE

from .conftest import Demo

OUTCOMES = [
    "201 matched", "201 partial", "202 ambiguous", "422 territory_unsupported", "422 location_invalid",
    "422 consent_stale", "201 replayed", "409 enrollment_exists", "401 signature_invalid",
]  # fmt: skip


def counted(line: str, word: str) -> int:
    """3 of "3 refused, 16 took part"; 0 where the word is not there."""
    found = re.search(rf"(\d+) {word}", line)
    return int(found[1]) if found else 0


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_is_shown(demo: Demo, outcome: str) -> None:
    assert outcome in demo.printed


def test_it_finds_everything_as_expected(demo: Demo) -> None:
    assert "Everything as expected" in demo.printed
    assert "!!" not in demo.printed


def test_it_calls_a_simulated_fleet_and_brings_it_back(demo: Demo) -> None:
    """A battery nearly down to its reserve has too little to give: the portal refuses it, or the cloud does."""
    (answers,) = re.findall(r"the simulated cloud answered \d+ commands: (.*)", demo.printed)
    (outcomes,) = re.findall(r"it is over: (.*)", demo.printed)
    (brought_back,) = re.findall(r"brought back: (.*)", demo.printed)
    told, refused = (counted(answers, word) for word in ("acknowledged", "refused"))
    assert told > 0
    assert counted(outcomes, "took part") == told
    assert counted(outcomes, "refused") >= refused
    assert counted(brought_back, "restored") == told
    assert set(re.findall(r"\d+ ([a-z ]+)", brought_back)) <= {"restored", "not needed"}


def test_a_customer_links_on_the_pages_what_the_partner_enrolled(demo: Demo) -> None:
    assert "the partner's enrollment is now hybrid, with consents by oauth and oem" in demo.printed


def test_it_says_that_its_boundaries_are_coarse(demo: Demo) -> None:
    assert "drawn by hand and coarse" in demo.printed


def test_the_administrator_can_log_in_with_what_was_printed(demo: Demo) -> None:
    name, password = re.search(r"log in as +(\S+) +password +(\S+)", demo.printed).groups()
    page = f"{demo.url}/admin/login/?next=/admin/"
    with requests.Session() as browser:
        browser.trust_env = False
        browser.get(page, timeout=PATIENCE)
        form = {"username": name, "password": password, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        answer = browser.post(page, data=form, headers={"Referer": page}, allow_redirects=False, timeout=PATIENCE)
    assert (answer.status_code, answer.headers.get("Location")) == (302, "/admin/")


def test_the_credentials_are_readable_by_their_owner_only(demo: Demo) -> None:
    assert demo.credentials.stat().st_mode & 0o077 == 0


def test_neither_secrets_nor_addresses_are_in_the_servers_log(demo: Demo) -> None:
    log = (demo.home / "demo-server.log").read_text()
    assert "The portal is on" in log
    for secret in ("Goodlett", "demo-customer", "203.0.113.7", "Bearer"):
        assert secret not in log


def test_the_first_enrollment_of_the_readme_goes_as_it_says(demo: Demo, tmp_path: Path) -> None:
    readme = (settings.BASE_DIR / "README.md").read_text()
    (script,) = re.findall(r"```sh\n(.*?)```", readme, re.DOTALL)
    script = (
        script.replace("http://127.0.0.1:8000", demo.url)
        .replace("var/demo-credentials.json", str(demo.credentials))
        .replace("my-enrollment.json", str(tmp_path / "my-enrollment.json"))
        .replace(".venv/bin/python", sys.executable)
    )
    done = subprocess.run(
        ["sh", "-euc", script], cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    first, again, listed = _documents(done.stdout)
    assert first["state"] == "enrolled"
    assert first["programs"]
    assert again == first
    assert {each["state"] for each in listed} == {"pending_verification"}


def test_a_second_demo_works_and_says_where_something_is_not_as_it_should_be(demo: Demo) -> None:
    with psycopg.connect(demo.database_url, autocommit=True) as connection:
        connection.execute("UPDATE programs_program SET status = 'paused' WHERE name = 'Sound Storage'")
        done = demo.run("manage.py", "demo", "--once", "--fleet", "0", "--port", free_port())
        connection.execute("UPDATE programs_program SET status = 'active' WHERE name = 'Sound Storage'")
    assert done.returncode == 1, done.stdout + done.stderr
    deviations = re.findall(r"^ +!! (.*)", done.stdout, re.MULTILINE)
    assert deviations == 2 * [
        "outcome should be matched, and is partial",
        "state should be enrolled, and is discovered",
        "programs should be Sound Storage, and is none",
    ]


def test_a_port_that_is_taken_is_said_before_anything_is_done() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=rf"Port {port} cannot be used .* make demo PORT="):
            call_command("demo", port=port)


def _documents(text: str) -> list[Any]:
    """The JSON documents that were printed one after the other."""
    found = []
    while text := text.lstrip():
        document, end = json.JSONDecoder().raw_decode(text)
        found.append(document)
        text = text[end:]
    return found
