"""Which key a signature was made with: one of the caller's own, active now (contract §2.3)."""

from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from partners.models import Application, IdempotencyRecord, Partner, SigningKey
from texture_portal import prepared
from texture_portal.refusals import Refusal

LAST_USED_STEP = timedelta(minutes=1)  # so that a busy key is not written on every request


def active_key(
    partner: Partner, *, key_id: str, idempotency_key: str | None, now: datetime
) -> tuple[SigningKey, IdempotencyRecord | None]:
    """The key, and in the same look-up what was answered to this idempotency key before.

    Unknown, another's, expired, not begun and revoked keys are told apart by nobody: `key_unknown`.
    """
    found = _look_up(partner, key_id, idempotency_key)
    if found is None or not found[0].is_active(now=now):
        raise Refusal("key_unknown", "The signature's `keyid` is not an active key of this partner.")
    return found


def _look_up(
    partner: Partner, key_id: str, idempotency_key: str | None
) -> tuple[SigningKey, IdempotencyRecord | None] | None:
    """By hand: this runs on every signed request."""
    try:
        identity = UUID(key_id)
    except ValueError:
        return None
    found = prepared.rows(
        _statement(), [IdempotencyRecord.Namespace.REQUEST.value, idempotency_key, identity, partner.id]
    )
    if not found:
        return None
    width = prepared.width_of(SigningKey)
    key, kept = found[0][:width], found[0][width:]
    record = None if kept[0] is None else prepared.instance(IdempotencyRecord, kept)
    return prepared.instance(SigningKey, key), record


@cache
def _statement() -> str:
    columns = f"{prepared.columns_of(SigningKey, 'key')}, {prepared.columns_of(IdempotencyRecord, 'kept')}"
    return (  # made of names of our own tables and columns alone
        f"SELECT {columns} FROM {SigningKey._meta.db_table} key"  # noqa: S608
        f" LEFT JOIN {IdempotencyRecord._meta.db_table} kept"
        " ON kept.partner_id = key.partner_id AND kept.namespace = %s AND kept.key = %s"
        " WHERE key.id = %s AND key.partner_id = %s"
    )


def material_of(key: SigningKey) -> str | bytes:
    """The public key's PEM, or the shared secret."""
    return key.secret() if key.algorithm == SigningKey.Algorithm.HMAC_SHA256 else key.public_key_pem


def note_use(used: SigningKey | Application, *, now: datetime) -> None:
    if used.last_used_at is None or now - used.last_used_at > LAST_USED_STEP:
        type(used).objects.filter(pk=used.pk).update(last_used_at=now)
