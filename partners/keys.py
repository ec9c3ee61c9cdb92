"""Which key a signature was made with: one of the caller's own, active now (contract §2.3)."""

from datetime import datetime, timedelta

from partners.models import Application, SigningKey
from texture_portal.refusals import Refusal

LAST_USED_STEP = timedelta(minutes=1)  # so that a busy key is not written on every request


def active(key: SigningKey | None, *, now: datetime) -> SigningKey:
    """Unknown, another's, expired, not begun and revoked keys are told apart by nobody: `key_unknown`."""
    if key is None or not key.is_active(now=now):
        raise Refusal("key_unknown", "The signature's `keyid` is not an active key of this partner.")
    return key


def material_of(key: SigningKey) -> str | bytes:
    """The public key's PEM, or the shared secret."""
    return key.secret() if key.algorithm == SigningKey.Algorithm.HMAC_SHA256 else key.public_key_pem


def note_use(used: SigningKey | Application, *, now: datetime) -> None:
    if used.last_used_at is None or now - used.last_used_at > LAST_USED_STEP:
        type(used).objects.filter(pk=used.pk).update(last_used_at=now)
