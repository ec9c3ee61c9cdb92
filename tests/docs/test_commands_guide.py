"""The commands of docs/commands.md, as they stand: what is pending is read, and reported on."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from contract.client import Client
from contract.conftest import run
from contract.payloads import ago, enrollment

from devices import limits_of_safety, safety
from devices.commands import issuing, states
from devices.models import Command
from tests.factories import commanded
from tests.waiting import PATIENCE

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "commands.md").read_text()
SHELL = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)


def test_the_guide_takes_a_command_and_reports_on_it(authority: str, program_ids: Any, tmp_path: Path) -> None:
    printed = {**run("create_partner", f"Guide {tmp_path}", "--kind", "oem"), "name": "Guide"}
    partner = Client(authority, printed)
    command = commanded(partner.enrolled(enrollment())["device"]["id"])
    (tmp_path / "credentials.json").write_text(json.dumps(printed, indent=2))
    (tmp_path / "portal.sh").write_text((DOCS / "examples" / "portal.sh").read_text())
    said = json.loads(re.findall(r"`status.json`:\n\n```json\n(.*?)```", GUIDE, re.DOTALL)[0])
    (tmp_path / "status.json").write_text(json.dumps({**said, "occurredAt": ago(seconds=1)}))
    environment = {"PATH": os.environ["PATH"], "PORTAL": f"http://{authority}", "COMMAND": str(command.pk)}
    answers = []
    for each in SHELL:
        done = subprocess.run(
            ["sh", "-c", each], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=PATIENCE
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        answers.append(done.stdout)
    listed, reported = map(json.loads, answers)
    assert [each["id"] for each in listed["data"]] == [str(command.pk)]
    assert reported["status"] == "complete"
    assert Command.objects.get(pk=command.pk).status == "complete"


def test_every_code_of_the_guide_is_one_of_ours() -> None:
    code = "".join(Path(str(module.__file__)).read_text() for module in (limits_of_safety, safety, issuing, states))
    section = GUIDE.partition("## How each ends")[2]
    for name in re.findall(r"`([a-z_]+)`", section):
        assert f'"{name}"' in code or name in {"consent_revoked", *map(str, states.Status)}, name
