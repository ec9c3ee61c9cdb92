"""The commands of docs/quick-start.md, in its order and as they stand, against a portal that is served."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.databases import url_of_database

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "quick-start.md"


def blocks() -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def database_url() -> str:
    """Of the database that the served portal uses, for the commands of another process."""
    return url_of_database(connection.settings_dict["NAME"])


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder that looks like a checkout to the commands, so that what they write is not in this one."""
    (tmp_path / "manage.py").symlink_to(ROOT / "manage.py")
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    return tmp_path


def test_a_device_is_enrolled_by_the_commands_of_the_quick_start(authority: str, checkout: Path) -> None:
    for tool in ("curl", "openssl"):
        if shutil.which(tool) is None:
            pytest.skip(f"THE QUICK START DID NOT RUN: there is no {tool} here")
    variables = {**os.environ, "PORTAL": f"http://{authority}", "DATABASE_URL": database_url()}
    said = []
    for block in blocks():
        done = subprocess.run(
            ["sh", "-eu", "-c", block], cwd=checkout, env=variables, capture_output=True, text=True, timeout=90
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
        said.append(done.stdout)
    onboarded, token, enrolled, again, listed = said
    assert onboarded == ""
    assert json.loads(token)["token_type"] == "Bearer"
    assert json.loads(enrolled)["state"] == "enrolled"
    assert again == enrolled
    assert [each["id"] for each in json.loads(listed)["data"]] == [json.loads(enrolled)["id"]]
