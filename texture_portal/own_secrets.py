"""The portal's own secrets, from the environment or the file that SECRETS_FILE names: read when a process starts."""

import os
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from texture_portal import secrets_file
from texture_portal.first_run import DEVELOPMENT_MARK, development_file, development_secrets
from texture_portal.key_rings import FALLBACKS, Ring, keys_of


@dataclass(frozen=True, slots=True)
class OwnSecrets:
    """By ring, the newest first. `file` is where a rotation writes them; None where the environment has them all."""

    keys: dict[Ring, list[str]]
    file: Path | None


def read(*, home: Path, is_public: bool) -> OwnSecrets:
    """Raises `ImproperlyConfigured`."""
    given = {name: os.environ.get(name, "") for name in (*Ring, FALLBACKS)}
    named = os.environ.get("SECRETS_FILE", "")
    if all(given[ring] for ring in Ring):
        kept, file = {}, None
    elif named:
        kept, file = _in_file(Path(named)), Path(named)
    elif is_public:
        kept, file = {}, None
    else:
        kept, file = development_secrets(home), development_file(home)
    return OwnSecrets({ring: _keys(ring, given=given, kept=kept, is_public=is_public) for ring in Ring}, file)


def _keys(ring: Ring, *, given: dict[str, str], kept: dict[str, str], is_public: bool) -> list[str]:
    """The environment goes before the file."""
    keys = keys_of(given if given[ring] else kept, ring).keys
    if is_public and (not keys or any(DEVELOPMENT_MARK in each for each in keys)):
        raise ImproperlyConfigured(
            f"{ring} is {'a development secret' if keys else 'not set'}, and ALLOWED_HOSTS names a public host. "
            f"Remedy: set {ring} to a random value of your own, for example from `openssl rand -base64 48`, "
            "in the environment or in the file that SECRETS_FILE names."
        )
    if not keys:
        raise ImproperlyConfigured(f"{ring} is not in the file that SECRETS_FILE names. Remedy: add it.")
    return list(keys)


def _in_file(file: Path) -> dict[str, str]:
    try:
        secrets_file.check_private(file)
        return secrets_file.read(file)
    except (OSError, ValueError, secrets_file.OpenToAllError) as fault:
        raise ImproperlyConfigured(
            f"SECRETS_FILE {file} cannot be used: {fault}. Remedy: a JSON object with {', '.join(Ring)}, "
            "which only the portal's user may read (chmod 600)."
        ) from fault
