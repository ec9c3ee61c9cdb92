"""Secrets for a first run on one's own machine, made once."""

import fcntl
import json
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

DEVELOPMENT_MARK = "development-"  # what it stands in is refused in production
NAMES = ("SECRET_KEY", "DATA_KEYS", "CHECKPOINT_KEY")


def development_secrets(home: Path) -> dict[str, str]:
    """This machine's secrets, kept in `home` and readable by their owner only."""
    file = home / "secrets.json"
    try:
        if not file.exists():
            _make(file)
        known = dict(json.loads(file.read_text()))
        return known if set(NAMES) <= set(known) else _complete(file)
    except OSError as fault:
        raise ImproperlyConfigured(
            f"The secrets of this machine cannot be kept in {file}: {fault.strerror}. "
            "Remedy: set PORTAL_HOME to a folder that you may write."
        ) from fault


def _make(file: Path) -> None:
    """Whole or not at all; where several processes come first at once, one wins."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, aside = tempfile.mkstemp(dir=file.parent)  # readable by its owner only
    with open(descriptor, "w") as draft:
        json.dump({name: _new() for name in NAMES}, draft)
    with suppress(FileExistsError):
        os.link(aside, file)
    os.unlink(aside)


def _complete(file: Path) -> dict[str, str]:
    """Adds what a newer portal needs to a file of before; of several processes one adds, and all take the same."""
    with open(file.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = dict(json.loads(file.read_text()))
        complete = {name: known.get(name) or _new() for name in {**known, **dict.fromkeys(NAMES)}}
        if complete != known:
            descriptor, aside = tempfile.mkstemp(dir=file.parent)
            with open(descriptor, "w") as draft:
                json.dump(complete, draft)
            os.replace(aside, file)
    return complete


def _new() -> str:
    return DEVELOPMENT_MARK + secrets.token_urlsafe(48)
