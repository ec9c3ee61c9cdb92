"""Making a backup: a folder that is there whole or not at all, readable by its owner only."""

import hashlib
import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

from enrollments.audit import one_snapshot
from enrollments.audit.snapshot import share
from texture_portal.backups.manifest import DUMP, FILE, taken
from texture_portal.backups.programs import run

PREFIX = "backup-"
UNDER_WAY = ".making-"
A_DAY = 24 * 3600


def make(parent: Path, *, now: datetime) -> Path:
    """The dump and what its manifest counts are of one instant, however much is written meanwhile.

    Raises `ProgramFailedError` or OSError; then nothing is left behind.
    """
    name = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    parent.mkdir(parents=True, exist_ok=True)
    aside, folder = parent / f"{UNDER_WAY}{name}", parent / f"{PREFIX}{name}"
    _forget_killed(parent)
    aside.mkdir(mode=0o700)
    before = os.umask(0o077)
    try:
        _fill(aside, now=now)
        aside.rename(folder)
        _to_disk(parent)
    finally:
        os.umask(before)
        shutil.rmtree(aside, ignore_errors=True)
    return folder


def forget_older(parent: Path, *, keep: int) -> list[Path]:
    """All but the newest so many, which it gives."""
    older = sorted(parent.glob(f"{PREFIX}*"))[:-keep]
    for folder in older:
        shutil.rmtree(folder)
    return older


def _forget_killed(parent: Path) -> None:
    """What was begun over a day ago is no longer being made."""
    for left in parent.glob(f"{UNDER_WAY}*"):
        if time.time() - left.stat().st_mtime > A_DAY:
            shutil.rmtree(left, ignore_errors=True)


def _fill(folder: Path, *, now: datetime) -> None:
    dump = folder / DUMP
    with one_snapshot():
        run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={share()}", f"--file={dump}")
        run("pg_restore", "--list", str(dump))  # that it can be read
        taken(now=now, dump_bytes=dump.stat().st_size, dump_sha256=digest_of(dump)).write(folder)
    for file in (dump, folder / FILE, folder):
        _to_disk(file)


def digest_of(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
