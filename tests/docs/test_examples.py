"""The examples of docs/examples, run as they stand against a portal that is served, by each algorithm."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from contract.conftest import run
from contract.payloads import enrollment

from tests.waiting import PATIENCE

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
LANGUAGES = {
    "python": [sys.executable, "portal.py"],
    "javascript": ["node", "portal.mjs"],
    "curl": ["sh", "portal.sh"],
}
TOOLS = {"python": [], "javascript": ["node"], "curl": ["curl", "openssl"]}
ALGORITHMS = ["ed25519", "ecdsa-p256-sha256", "hmac-sha256"]

Ask = Callable[..., dict[str, Any]]


@pytest.fixture(params=[(language, algorithm) for language in LANGUAGES for algorithm in ALGORITHMS], ids="-".join)
def ask(request: pytest.FixtureRequest, authority: str, tmp_path: Path) -> Ask:
    """A call by the example, with the credentials of a new partner; what it printed."""
    language, algorithm = request.param
    for tool in TOOLS[language]:
        if shutil.which(tool) is None:
            pytest.skip(f"THE {language.upper()} EXAMPLE DID NOT RUN: there is no {tool} here")
    printed = run("create_partner", f"{request.node.name} {tmp_path}", "--kind", "oem", "--algorithm", algorithm)
    (tmp_path / "credentials.json").write_text(json.dumps(printed, indent=2))
    program, file = LANGUAGES[language]

    def call(*words: str, key: str = "", fails: bool = False) -> dict[str, Any]:
        variables = {"PATH": os.environ["PATH"], "PORTAL": f"http://{authority}", "IDEMPOTENCY_KEY": key}
        done = subprocess.run(
            [program, str(EXAMPLES / file), *words],
            cwd=tmp_path,
            env={name: value for name, value in variables.items() if value},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return dict(json.loads(done.stdout))

    return call


def test_an_example_enrolls_and_replays_and_corrects_and_reads(ask: Ask, tmp_path: Path) -> None:
    """Every way to sign: POST, POST again, PATCH, and GET with a query, which is not signed."""
    body = enrollment()
    (tmp_path / "enrollment.json").write_text(json.dumps(body))
    made = ask("POST", "/v1/enrollments", "enrollment.json", key="first")
    assert made["state"] == "enrolled"
    assert ask("POST", "/v1/enrollments", "enrollment.json", key="first") == made
    refused = ask("POST", "/v1/enrollments", "enrollment.json", fails=True)
    assert (refused["code"], refused["enrollmentId"]) == ("enrollment_exists", made["id"])
    (tmp_path / "patch.json").write_text('{"customer": {"utilityAccountNumber": "1"}}')
    assert ask("PATCH", f"/v1/enrollments/{made['id']}", "patch.json")["id"] == made["id"]
    listed = ask("GET", f"/v1/enrollments?manufacturerDeviceId={body['device']['manufacturerDeviceId']}")
    assert [each["id"] for each in listed["data"]] == [made["id"]]


def test_an_example_signs_a_query_and_an_empty_body(ask: Ask) -> None:
    """The signature holds, or the code would say so; what is wrong is the body."""
    assert ask("POST", "/v1/eligibility?a=b", fails=True)["code"] == "malformed_json"
