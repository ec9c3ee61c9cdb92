"""Back up, lose everything, restore into an empty cluster: rehearsed with the programs and commands of the real day."""

import io
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from contract.client import Client
from contract.payloads import ago, enrollment, event
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from enrollments.tasks import sign_checkpoint
from tests.waiting import PATIENCE
from texture_portal import clock, keys_needed
from texture_portal.backups import make, miscounted, shortfalls
from texture_portal.backups.manifest import read


@dataclass
class Site:
    """A machine with a cluster of its own, empty at first: nothing of it is anywhere else."""

    home: Path
    secrets: dict[str, str] = field(default_factory=dict)

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", *SECRETS)}
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env={**inherited, "PORTAL_HOME": str(self.home), **self.secrets},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )


SECRETS = {"DATA_KEYS": "DATA_KEYS", "CHECKPOINT_KEY": "CHECKPOINT_KEYS", "SECRET_KEY": "SECRET_KEY"}


def secrets_of_the_settings() -> dict[str, str]:
    """Those that a backup needs."""
    return {name: ",".join(getattr(settings, SECRETS[name])) for name in ("DATA_KEYS", "CHECKPOINT_KEY")}


@pytest.fixture
def site() -> Iterator[Site]:
    """Not under pytest's folder: the server's user could not pass through it."""
    with tempfile.TemporaryDirectory() as folder:
        yield Site(Path(folder))


@pytest.fixture(scope="module")
def lived_in(authority: str, new_partner: Callable[..., Client]) -> Client:
    """A portal with a past: enrollments over HTTP, a revocation, a reading, a webhook secret, a checkpoint."""
    oem = new_partner()
    made = [oem.enrolled(enrollment()) for _ in range(3)]
    device = made[0]["device"]["manufacturerDeviceId"]
    assert oem.post("/v1/events", event("consent.revoked", device)).status == 202
    reading = {"manufacturerDeviceId": made[1]["device"]["manufacturerDeviceId"], "observedAt": ago(minutes=1)}
    assert oem.post("/v1/telemetry", {"readings": [{**reading, "state": {"gridPower": 1}}]}).json["accepted"] == 1
    hook = {"url": "https://hooks.example.com/in", "eventTypes": ["*"]}
    assert oem.post("/v1/webhook-endpoints", hook).status == 201
    sign_checkpoint(now=clock.now())
    return oem


@pytest.fixture(scope="module")
def backup(lived_in: Client, tmp_path_factory: pytest.TempPathFactory) -> Path:
    call_command("backup", str(tmp_path_factory.mktemp("backups")), stdout=io.StringIO())
    return newest(tmp_path_factory.getbasetemp())


def newest(folder: Path) -> Path:
    return sorted(folder.rglob("backup-*"))[-1]


def manifest_of(backup: Path) -> dict:
    return json.loads((backup / "manifest.json").read_text())


def test_it_is_restored_into_an_empty_cluster_by_who_has_the_secrets_and_proved_whole(
    backup: Path, site: Site, lived_in: Client
) -> None:
    refused = site.manage("restore", str(backup))  # the machine has made secrets of its own
    assert refused.returncode == 1
    check_that_each_secret_is_named(refused.stderr, backup)
    site.secrets = secrets_of_the_settings()
    done = site.manage("restore", str(backup))  # which wants an empty database: nothing of the first one is there
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the audit trail is whole" in done.stdout
    proof = site.manage("verify_audit_trail")
    assert proof.stdout.startswith(
        f"The audit trail is whole: {manifest_of(backup)['audit_entries']} entries. 1 signed"
    )
    asked = "from partners.models import SigningKey; print(SigningKey.objects.filter(partner=%r).count())"
    assert site.manage("shell", "-v0", "-c", asked % str(lived_in.partner_id)).stdout == "1\n"


def check_that_each_secret_is_named(said: str, backup: Path) -> None:
    named, data_key = manifest_of(backup), keys_needed.names_of_data_keys()[0]
    assert f"DATA_KEYS {data_key}, for {sum(named['data_keys'].values())} values" in said
    assert f"CHECKPOINT_KEY {keys_needed.names_of_checkpoint_keys()[0]}, for 1 signatures" in said
    assert "Nothing was restored" in said
    for secret in secrets_of_the_settings().values():
        assert secret not in said + (backup / "manifest.json").read_text()


def test_its_manifest_counts_what_is_in_it(backup: Path) -> None:
    said = manifest_of(backup)
    assert said["rows"]["enrollments_enrollment"] >= 3
    assert said["rows"]["partners_webhooksecret"] == 1
    assert said["audit_entries"] > 3
    assert sum(said["data_keys"].values()) > 3


def test_it_is_for_its_owner_alone(backup: Path) -> None:
    for path in (backup, *backup.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def copied(backup: Path, folder: Path) -> Path:
    return Path(shutil.copytree(backup, folder / "copy"))


def test_a_dump_that_was_damaged_is_refused(backup: Path, tmp_path: Path) -> None:
    copy = copied(backup, tmp_path)
    with (copy / "database.dump").open("r+b") as dump:
        dump.seek(-100, os.SEEK_END)
        dump.write(b"x")
    with pytest.raises(CommandError, match="is not the file that the manifest is of"):
        call_command("restore", str(copy))


def test_what_is_not_as_it_was_is_found(backup: Path) -> None:
    """Against the very database that was backed up, which nobody has written to since."""
    manifest = read(backup)
    assert [*miscounted(manifest), *shortfalls(manifest)] == []
    fewer = {**manifest.rows, "enrollments_consent": 1, "away": 1}
    assert [each.split(" ")[0] for each in miscounted(replace(manifest, rows=fewer))] == ["away", "enrollments_consent"]
    assert "and had 1" in next(shortfalls(replace(manifest, audit_entries=1)))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE enrollments_historicalconsent SET terms_version = 'another'")
        found = [*shortfalls(manifest)]
        transaction.set_rollback(True)
    assert found
    assert all("audit trail is broken" in each for each in found)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"form": 2}, "is of form 2"),
        ({"migrations": ["enrollments.9999_later"]}, "lacks: enrollments.9999_later"),
        ({"typo": 1}, "no backup that can be read"),
    ],
)
def test_a_backup_of_another_portal_is_refused(
    backup: Path, tmp_path: Path, lived_in: Client, change: dict, said: str
) -> None:
    copy = copied(backup, tmp_path)
    (copy / "manifest.json").write_text(json.dumps({**manifest_of(backup), **change}))
    with pytest.raises(CommandError, match=said):
        call_command("restore", str(copy))


def test_nothing_is_restored_over_anything(backup: Path, lived_in: Client) -> None:
    with pytest.raises(CommandError, match="is not empty"):
        call_command("restore", str(backup))


def test_a_backup_that_fails_leaves_nothing(lived_in: Client, tmp_path: Path) -> None:
    (taken := tmp_path / "backup-20200101T000000Z").mkdir()
    (taken / "database.dump").touch()
    with pytest.raises(OSError, match="not empty"):
        make(tmp_path, now=datetime(2020, 1, 1, tzinfo=UTC))
    assert list(tmp_path.iterdir()) == [taken]


def test_what_no_key_opens_is_named_and_the_backup_is_kept_beside_every_older_one(
    lived_in: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "DATA_KEYS", ["another" * 8])
    (older := tmp_path / "backup-20200101T000000Z").mkdir()
    said = io.StringIO()
    with pytest.raises(CommandError, match="no key opens these values"):
        call_command("backup", str(tmp_path), keep=1, stdout=said)
    assert older.exists()
    made = read(newest(tmp_path))
    column, customers = "partners.Customer.sealed_data_key", made.rows["partners_customer"]
    assert made.broken[column] == customers > 0
    assert f"CANNOT BE OPENED {column}: {customers} values" in said.getvalue()
    assert [*shortfalls(made)] == []
    assert len([*shortfalls(replace(made, broken={}))]) == len(made.broken)


def test_it_is_on_the_disk_before_it_is_there(
    lived_in: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed, flush = [], os.fsync

    def noted(descriptor: int) -> None:
        flushed.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")))
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    made = make(tmp_path, now=clock.now())
    aside = tmp_path / made.name.replace("backup-", ".making-")
    assert flushed == [aside / "database.dump", aside / "manifest.json", aside, tmp_path]


def test_older_ones_are_removed_where_that_is_asked(lived_in: Client, tmp_path: Path) -> None:
    for day in ("20200101T000000Z", "20200102T000000Z"):
        (tmp_path / f"backup-{day}").mkdir()
    killed = tmp_path / ".making-20200103T000000Z"
    killed.mkdir()
    os.utime(killed, (0, 0))
    call_command("backup", str(tmp_path), keep=2, stdout=io.StringIO())
    left = sorted(each.name for each in tmp_path.iterdir())
    assert (left[0], len(left)) == ("backup-20200102T000000Z", 2)
