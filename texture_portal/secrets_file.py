"""The file with the portal's own secrets: JSON, for its owner's eyes only, and always whole."""

import fcntl
import json
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

Kept = dict[str, str]


class OpenToAllError(Exception):
    """Everybody on the machine could read the secrets."""


def read(file: Path) -> Kept:
    """Raises OSError, or ValueError where it is no JSON object."""
    known = json.loads(file.read_text())
    if not isinstance(known, dict):
        raise ValueError(f"{file} is no JSON object")
    return {str(name): str(value) for name, value in known.items()}


def check_private(file: Path) -> None:
    if file.stat().st_mode & stat.S_IRWXO:
        raise OpenToAllError(f"everybody on this machine may read {file}")


def change(file: Path, change: Callable[[Kept], Kept]) -> Kept:
    """Of several processes each sees what the one before has left. What `change` gives is in the file afterwards."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = read(file) if file.exists() else {}
        wanted = change(dict(known))
        if wanted != known:
            _replace(file, wanted)
    return wanted


def _replace(file: Path, kept: Kept) -> None:
    """Aside, then renamed. It stays its owner's, whoever changes it: root does so for the portal's user."""
    file = file.resolve()
    descriptor, aside = tempfile.mkstemp(dir=file.parent)  # readable by its owner only
    with open(descriptor, "w") as draft:
        json.dump(kept, draft, indent=1)
        draft.flush()
        os.fsync(draft.fileno())
    if file.exists():
        before = file.stat()
        if not before.st_mode & stat.S_IRWXO:  # one that was open to all is not kept so
            os.chmod(aside, stat.S_IMODE(before.st_mode))
        if os.geteuid() == 0:
            os.chown(aside, before.st_uid, before.st_gid)
    os.replace(aside, file)
