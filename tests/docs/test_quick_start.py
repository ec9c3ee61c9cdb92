"""The commands of docs/quick-start.md, in its order and as they stand, against a served portal with a worker."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port
from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "quick-start.md"


def blocks() -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def worker(database_url: str, settings: Any) -> Iterator[None]:
    """As `make demo` runs one: allowed to call this machine."""
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "texture_portal.leash", "django", "qcluster"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url, "OUTBOUND_ALLOWED_HOSTS": "127.0.0.1"},
        start_new_session=True,
    )
    yield
    process.terminate()
    process.wait(PATIENCE)


def test_a_device_is_enrolled_and_a_webhook_verified_by_the_commands_of_the_quick_start(
    authority: str, checkout: Path, database_url: str, worker: None
) -> None:
    for tool in ("curl", "openssl", "python3"):
        if shutil.which(tool) is None:
            pytest.skip(f"THE QUICK START DID NOT RUN: there is no {tool} here")
    variables = {
        **os.environ,
        "PORTAL": f"http://{authority}",
        "DATABASE_URL": database_url,
        "HOOK_PORT": str(free_port()),
    }
    said = []
    for block in blocks():
        done = subprocess.run(
            ["sh", "-eu", "-c", block], cwd=checkout, env=variables, capture_output=True, text=True, timeout=PATIENCE
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
        said.append(done.stdout)
    onboarded, token, enrolled, again, listed, listening, told = said
    assert onboarded == listening == ""
    assert json.loads(token)["token_type"] == "Bearer"
    assert json.loads(enrolled)["state"] == "enrolled"
    assert again == enrolled
    assert [each["id"] for each in json.loads(listed)["data"]] == [json.loads(enrolled)["id"]]
    second = json.loads((checkout / "another-answer.json").read_text())
    assert told == f"enrollment.created {second['id']} enrolled\n"
