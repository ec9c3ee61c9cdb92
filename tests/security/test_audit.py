"""`.ci/audit`: an audit of dependencies that could not be made is no pass."""

import os
import subprocess
from pathlib import Path

from django.conf import settings

from tests.waiting import PATIENCE

AUDIT = Path(settings.BASE_DIR) / ".ci" / "audit"
NOT_RUN = 3


def test_an_audit_that_cannot_ask_says_so_and_is_no_pass():
    nowhere = {
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": "",
        "PIP_RETRIES": "0",
    }
    done = subprocess.run(
        [AUDIT], env={**os.environ, **nowhere}, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == NOT_RUN
    assert "!! THE DEPENDENCY AUDIT DID NOT RUN" in done.stdout


def test_the_run_of_a_clean_clone_makes_it_and_tells_what_came_of_it():
    run = (AUDIT.parent / "run").read_text()
    assert ".ci/audit" in run
    assert "audit" in run.rpartition("== lint")[2]


def test_every_dependency_is_pinned():
    lines = Path(settings.BASE_DIR, "requirements.txt").read_text().splitlines()
    loose = [line for line in lines if line and not line.startswith("#") and "==" not in line]
    assert loose == []
