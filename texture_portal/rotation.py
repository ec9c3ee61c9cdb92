"""Exchanging the portal's own secrets, a step at a time, in the file that SECRETS_FILE names (docs/rotation.md)."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from enrollments.account import contacts
from enrollments.models import Checkpoint
from texture_portal import key_use, notary, resealing, secrets_file
from texture_portal.key_rings import Keys, Ring, RotationError, keys_of, with_keys
from texture_portal.login.acts import note
from texture_portal.models import Act, Key

SECRET_BYTES = 48
LEEWAY = timedelta(minutes=10)  # for what processes have used and not yet written down


def announce(file: Path, ring: Ring, *, now: datetime) -> Keys:
    """A new key that everybody is to know before anybody uses it."""
    return _change(
        file, ring, lambda held: held.announce(secrets.token_urlsafe(SECRET_BYTES)), step="announce", now=now
    )


def promote(file: Path, ring: Ring, *, now: datetime) -> Keys:
    return _change(file, ring, Keys.promote, step="promote", now=now)


def drop_oldest(file: Path, ring: Ring, *, now: datetime) -> Keys:
    """Raises `RotationError` while anything still needs it."""
    held = keys_of(_in(file, ring), ring)
    if len(held.keys) < 2 or held.is_pending:
        raise RotationError("There is no old key to drop.")
    oldest = held.keys[-1]
    CHECKS[ring](oldest, now)
    return _change(file, ring, lambda keys: keys.drop(oldest), step="drop", now=now)


def _change(file: Path, ring: Ring, act: Callable[[Keys], Keys], *, step: str, now: datetime) -> Keys:
    _in(file, ring)
    wanted = keys_of(secrets_file.change(file, lambda kept: with_keys(kept, ring, act(keys_of(kept, ring)))), ring)
    names = [key_use.name_of(each) for each in wanted.keys]
    note(Act.What.SECRET_ROTATED, by=None, about=str(ring), now=now, step=step, keys=names)
    return wanted


def _in(file: Path, ring: Ring) -> secrets_file.Kept:
    kept = secrets_file.read(file)
    if not keys_of(kept, ring).keys:
        raise RotationError(f"{ring} is not in {file}: it comes from the environment, which goes before the file.")
    return kept


def _check_sessions(key: str, now: datetime) -> None:
    """It goes by when a session that it signed was last seen, and by when it last signed any."""
    row = Key.objects.filter(ring=Ring.SECRET_KEY, fingerprint=key_use.name_of(key)).first()
    leader = Key.objects.filter(ring=Ring.SECRET_KEY, fingerprint=key_use.name_of(settings.SECRET_KEY)).first()
    since = leader.leads_since if leader else None
    lasts = timedelta(hours=settings.SESSION_HOURS)
    if key == settings.SECRET_KEY or since is None or now < since + lasts + LEEWAY:
        raise RotationError(
            f"Sessions that it signed may last until {settings.SESSION_HOURS} hours after the new key began to sign. "
            f"That was {since.isoformat(timespec='minutes') if since else 'not yet noted'}. Remedy: wait."
        )
    if row is not None and row.last_used_at is not None and now < row.last_used_at + LEEWAY:
        raise RotationError("A session that it signed was seen minutes ago. Remedy: wait until that one is over.")


def _check_sealed(key: str, now: datetime) -> None:
    needed = resealing.needed_for(key) + contacts.named_by(key)
    if needed:
        raise RotationError(f"{needed:,} values are sealed or named by it. Remedy: run `rotate_encryption_keys`.")


def _check_checkpoints(key: str, now: datetime) -> None:
    signed = Checkpoint.objects.filter(public_key=notary.public_key_of(key)).count()
    if signed:
        raise RotationError(f"{signed:,} checkpoints are signed by it, and could not be verified without it.")


CHECKS: dict[Ring, Callable[[str, datetime], None]] = {
    Ring.SECRET_KEY: _check_sessions,
    Ring.DATA_KEYS: _check_sealed,
    Ring.CHECKPOINT_KEY: _check_checkpoints,
}
