"""Secrets for a first run on one's own machine, made once."""

import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from texture_portal import secrets_file

DEVELOPMENT_MARK = "development-"  # what it stands in is refused in production
NAMES = ("SECRET_KEY", "DATA_KEYS", "CHECKPOINT_KEY")


def development_file(home: Path) -> Path:
    return home / "secrets.json"


def development_secrets(home: Path) -> dict[str, str]:
    """This machine's secrets, kept in `home` and readable by their owner only."""
    file = development_file(home)
    try:
        known = secrets_file.read(file) if file.exists() else {}
        return known if set(NAMES) <= set(known) else secrets_file.change(file, _complete)
    except OSError as fault:
        raise ImproperlyConfigured(
            f"The secrets of this machine cannot be kept in {file}: {fault.strerror}. "
            "Remedy: set PORTAL_HOME to a folder that you may write."
        ) from fault


def _complete(known: dict[str, str]) -> dict[str, str]:
    """Adds what is missing, also what a newer portal needs to a file of before."""
    return {name: known.get(name) or _new() for name in {**known, **dict.fromkeys(NAMES)}}


def _new() -> str:
    return DEVELOPMENT_MARK + secrets.token_urlsafe(48)
