"""What stands in the guides between fences is tried as it stands: sent, run, or held to the schema."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from contract.client import Client
from contract.conftest import run
from contract.payloads import ago, enrollment

from tests.waiting import PATIENCE
from texture_portal.docs import pages

from .schema import Document

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = DOCS / "examples"
HERE = "tests/docs/test_guides.py"
TRIED = {
    ("authentication", "console"): (2, HERE),
    ("commands", "json"): (2, "tests/docs/test_commands_guide.py"),
    ("commands", "sh"): (2, "tests/docs/test_commands_guide.py"),
    ("discovery", "sh"): (2, HERE),
    ("events", "json"): (1, HERE),
    ("events", "sh"): (1, HERE),
    ("linking", "http"): (1, HERE),
    ("linking", "json"): (1, HERE),
    ("linking", "sh"): (1, HERE),
    ("maintenance", "json"): (1, HERE),
    ("maintenance", "sh"): (1, HERE),
    ("quick-start", "sh"): (7, "tests/docs/test_quick_start.py"),
    ("telemetry", "json"): (2, HERE),
    ("webhooks", "http"): (1, HERE),
    ("webhooks", "json"): (1, "tests/webhooks/test_guide.py"),
}
NOT_TRIED = {
    ("lifecycle", "mermaid"): "drawn from the code",
    ("quick-start", "console"): "make demo, which tests/journeys run",
    ("signing", "text"): "what is signed, which the examples beneath make",
}


def fences(guide: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / f"{guide}.md").read_text(), re.MULTILINE | re.DOTALL)


def test_every_fence_of_a_partners_guide_is_tried_or_says_why_not() -> None:
    found = Counter(
        (path.stem, language)
        for path in DOCS.glob("*.md")
        if path.stem in pages.GUIDES
        for language in re.findall(r"^```(\w+)$", path.read_text(), re.MULTILINE)
    )
    assert {key: count for key, count in found.items() if key not in NOT_TRIED} == {
        key: count for key, (count, _) in TRIED.items()
    }
    assert set(NOT_TRIED) <= set(found)
    for (guide, _), (_, test) in TRIED.items():
        text = (DOCS.parent / test).read_text()
        assert f"{guide}.md" in text or f'"{guide}"' in text, test


@pytest.fixture
def partner(new_partner: Callable[..., Client], tmp_path: Path) -> Client:
    """With its credentials and the examples in the folder that `shell` works in."""
    printed = run("create_partner", f"Guides {tmp_path}", "--kind", "oem")
    (tmp_path / "credentials.json").write_text(json.dumps(printed, indent=2))
    for name in ("portal.sh", "portal.py"):
        (tmp_path / name).write_text((EXAMPLES / name).read_text())
    authority = new_partner().authority
    return Client(authority, {**printed, "name": "Guides"})


@pytest.fixture
def shell(partner: Client, tmp_path: Path) -> Callable[[str], list[Any]]:
    """What each line of a block answered. `python` is the one that has the packages of the examples."""
    for tool in ("curl", "openssl"):
        if shutil.which(tool) is None:
            pytest.skip(f"THE GUIDES' COMMANDS DID NOT RUN: there is no {tool} here")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    def run_lines(block: str) -> list[Any]:
        answers = []
        for line in block.replace("https://portal.example", f"http://{partner.authority}").splitlines():
            done = subprocess.run(
                ["sh", "-eu", "-c", line],
                cwd=tmp_path,
                env={"PATH": path, "PORTAL": f"http://{partner.authority}"},
                capture_output=True,
                text=True,
                timeout=PATIENCE,
            )
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
            answers.append(json.loads(done.stdout))
        return answers

    return run_lines


def enrolled(partner: Client) -> dict[str, Any]:
    """The device of the guides."""
    body = enrollment()
    return dict(partner.enrolled({**body, "device": {**body["device"], "manufacturerDeviceId": "PW3-00017-A"}}))


def test_the_event_of_the_guide_is_sent_by_its_commands(
    partner: Client, shell: Callable[[str], list[Any]], tmp_path: Path
) -> None:
    enrolled(partner)
    (tmp_path / "event.json").write_text(fences("events", "json")[0])
    first, again, read = shell(fences("events", "sh")[0])
    assert first["status"] == "superseded"  # its device was enrolled, and consent given, long after
    assert again == first
    assert read["id"] == "evt-1"


def test_the_maintenance_of_the_guide_is_announced_by_its_commands(
    document: Document, shell: Callable[[str], list[Any]], tmp_path: Path
) -> None:
    body = json.loads(fences("maintenance", "json")[0])
    document.check(document.request_schema("POST", "/v1/maintenance"), body)
    (tmp_path / "maintenance.json").write_text(json.dumps({**body, "startsAt": ago(days=-3), "endsAt": ago(days=-4)}))
    made, listed = shell(fences("maintenance", "sh")[0])
    assert (made["status"], made["excluded"], made["announcedBy"]) == ("announced", True, "partner")
    assert listed["data"] == [made]


def test_the_readings_of_the_guide_are_taken(document: Document, partner: Client) -> None:
    enrolled(partner)
    sent, answered = fences("telemetry", "json")
    body = json.loads(sent)
    document.check(document.request_schema("POST", "/v1/telemetry"), body)
    body["readings"][0]["observedAt"] = ago(minutes=1)
    took = partner.post("/v1/telemetry", body)
    assert (took.status, took.json["accepted"]) == (202, 1)
    document.check_answer("POST", "/v1/telemetry", 202, "application/json", json.loads(answered))


def test_devices_and_programs_are_found_by_the_commands_of_the_guide(
    partner: Client, shell: Callable[[str], list[Any]]
) -> None:
    made = enrolled(partner)
    devices, by_id, changed = shell(fences("discovery", "sh")[0])
    assert [each["id"] for each in devices["data"]] == [made["device"]["id"]]
    assert [each["id"] for each in by_id["data"]] == [each["id"] for each in changed["data"]] == [made["id"]]
    programs, types = shell(fences("discovery", "sh")[1])
    assert programs["data"]
    assert types["data"]


def test_the_endpoint_of_the_guide_is_taken(partner: Client) -> None:
    line, _, body = fences("webhooks", "http")[0].partition("\n")
    method, path = line.split()
    made = partner.sign_and_send(
        partner.draft(method, path, {**json.loads(body), "url": "https://hooks.example.com/in"})
    )
    assert made.status == 201
    assert made.json["secret"].startswith("whsec_")


def test_the_link_session_of_the_guide_is_what_the_schema_wants(document: Document) -> None:
    method, path = fences("linking", "http")[0].split()
    body = json.loads(fences("linking", "json")[0].replace("0199d0c0-…", "0199d0c0-0000-7000-8000-000000000000"))
    document.check(document.request_schema(method, path), body)


def test_the_simulated_cloud_of_the_guide_starts_as_it_says() -> None:
    program, *words = fences("linking", "sh")[0].partition("#")[0].split()
    assert program == "python"
    words[words.index("--port") + 1] = "0"
    process = subprocess.Popen([sys.executable, *words], cwd=DOCS.parent, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        printed = json.loads(process.stdout.readline())
        assert printed["client"]["secret"]
        assert printed["devices"] == 24
    finally:
        process.kill()
        process.communicate()


def test_the_key_of_the_guide_is_made_and_signs(
    authority: str, tmp_path: Path, shell: Callable[[str], list[Any]], checkout: Path, database_url: str
) -> None:
    """What the portal never saw: the private half is put beside what create_partner printed."""
    for block in fences("authentication", "console"):
        done = subprocess.run(
            ["sh", "-eu", "-c", block],
            cwd=checkout,
            env={**os.environ, "DATABASE_URL": database_url},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert "privateKeyPem" not in printed
    pem = (checkout / "private.pem").read_text()
    (tmp_path / "credentials.json").write_text(json.dumps({**printed, "privateKeyPem": pem}, indent=2))
    (tmp_path / "enrollment.json").write_text(json.dumps(enrollment()))
    assert shell("sh portal.sh POST /v1/enrollments enrollment.json")[0]["state"] == "enrolled"
