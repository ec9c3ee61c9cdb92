"""Secrets for a first run on one's own machine, made once."""

import json
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

DEVELOPMENT_MARK = "development-"  # what it stands in is refused in production
NAMES = ("SECRET_KEY", "DATA_KEYS")


def development_secrets(home: Path) -> dict[str, str]:
    """This machine's secrets, kept in `home` and readable by their owner only."""
    file = home / "secrets.json"
    try:
        if not file.exists():
            _make(file)
        return dict(json.loads(file.read_text()))
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
        json.dump({name: DEVELOPMENT_MARK + secrets.token_urlsafe(48) for name in NAMES}, draft)
    with suppress(FileExistsError):
        os.link(aside, file)
    os.unlink(aside)
