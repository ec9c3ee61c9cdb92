"""Real bundles: enrolled over HTTP by partners that sign, moved by staff, checkpointed, exported, verified."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from contract.conftest import authority, database, new_partner, program_ids
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection

from enrollments import interventions
from enrollments.evidence import bundle, checkpoints
from enrollments.models import Checkpoint, Enrollment, EvidenceAccess
from tests.waiting import PATIENCE
from texture_portal import clock, notary
from texture_portal.actors import Channel, system

__all__ = ["authority", "database", "new_partner", "program_ids"]

VERIFIER = Path(settings.BASE_DIR) / "examples" / "verify_evidence"
BY = system("tests", channel=Channel.COMMAND)


@dataclass(frozen=True)
class Verdict:
    status: int
    lines: list[str]

    @property
    def faults(self) -> list[str]:
        return [line for line in self.lines if line.startswith("FAULT")]


@pytest.fixture
def verify(tmp_path) -> Callable[..., Verdict]:
    """The script as an auditor runs it: in a process of its own, outside the repository, without its environment."""

    def run(content: bytes, *, key: str | None = None, kept: str | None = None) -> Verdict:
        (tmp_path / "bundle.json").write_bytes(content)
        words = [sys.executable, "-I", str(VERIFIER), "bundle.json"]
        for option, text in (("--key", key), ("--checkpoints", kept)):
            if text is not None:
                (tmp_path / option).write_text(text)
                words += [option, f"./{option}"]
        done = subprocess.run(
            words, cwd=tmp_path, env={"PATH": ""}, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert not done.stderr, done.stderr
        return Verdict(done.returncode, done.stdout.splitlines())

    return run


def exported(enrollment_id: Any) -> bundle.Bundle:
    return bundle.export(enrollment_id, what=EvidenceAccess.What.BUNDLE, now=clock.now(), by=BY)


def sign_checkpoint() -> Checkpoint:
    """The day's, whenever the last one was."""
    last = Checkpoint.objects.order_by("-number").first()
    made = checkpoints.sign_if_due(now=last.at + timedelta(days=1) if last else clock.now())
    assert made is not None
    return made


def kept_checkpoints() -> str:
    from enrollments.evidence.statements import on_paper

    return "".join(json.dumps(on_paper(each)) + "\n" for each in Checkpoint.objects.order_by("number"))


def by_superuser(statement: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            cursor.execute(statement, values)
            return cursor.rowcount
        finally:
            cursor.execute("SET session_replication_role = DEFAULT")


@pytest.fixture(scope="package")
def staff(database) -> User:
    return User.objects.create_user("vera", password=None, is_staff=True)


@pytest.fixture(scope="package")
def story(new_partner, staff) -> dict[str, Any]:
    """Enrolled, a checkpoint, opted out by staff, a checkpoint, and consent given anew: one of many enrollments."""
    from tests.contract.payloads import ago, consent, enrollment

    partner = new_partner()
    others = [partner.enrolled(enrollment())["id"] for _ in range(4)]
    made = partner.enrolled(enrollment(consent=consent(grantedAt=ago(days=3))))
    sign_checkpoint()
    row = Enrollment.objects.get(pk=made["id"])
    interventions.opt_out(row, reason="She asked by phone.", now=clock.now() - timedelta(hours=2), user=staff)
    sign_checkpoint()
    answer = partner.post(f"/v1/enrollments/{made['id']}/consents", consent(termsVersion="2026-02", grantedAt=ago()))
    assert answer.status == 201, answer.body
    return {"id": made["id"], "others": others, "partner": partner}


@pytest.fixture(scope="package")
def told(story) -> bytes:
    return exported(story["id"]).as_file()


@pytest.fixture(scope="session")
def portal_key() -> str:
    return notary.public_keys_pem()


@pytest.fixture
def undone(story) -> Iterator[None]:
    """What a superuser does in this test is undone at its end."""
    from django.db import transaction

    with transaction.atomic():
        yield
        transaction.set_rollback(True)
