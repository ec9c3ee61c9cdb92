"""The portal's own signature, which the database does not have the key of: whoever rewrites rows cannot sign anew.

`settings.CHECKPOINT_KEYS` lists the secrets, newest first: the first signs, all verify. Ed25519 for everybody who has
the public key, and a keyed mark (HMAC-SHA-256) on rows too many to sign one by one, for the portal alone.
"""

import hashlib
import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from texture_portal import key_use

RING = "CHECKPOINT_KEY"


def sign(message: bytes) -> tuple[bytes, bytes]:
    """The public key and the signature, 32 and 64 bytes."""
    key_use.note(RING, settings.CHECKPOINT_KEYS[0])
    key = _private_key(settings.CHECKPOINT_KEYS[0])
    return _raw(key.public_key()), key.sign(message)


def is_signed(message: bytes, *, public_key: bytes, signature: bytes) -> bool:
    """By one of the portal's own keys: a row can name any key, and is believed only one of these."""
    known = public_keys()
    if bytes(public_key) not in known:
        return False
    key_use.note(RING, settings.CHECKPOINT_KEYS[known.index(bytes(public_key))])
    try:
        Ed25519PublicKey.from_public_bytes(bytes(public_key)).verify(bytes(signature), message)
    except InvalidSignature:
        return False
    return True


def public_keys() -> list[bytes]:
    return [public_key_of(secret) for secret in settings.CHECKPOINT_KEYS]


def public_key_of(secret: str) -> bytes:
    return _raw(_private_key(secret).public_key())


def public_keys_pem() -> str:
    """Of all that verify, the one that signs now first."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    keys = [_private_key(secret).public_key() for secret in settings.CHECKPOINT_KEYS]
    return "".join(key.public_bytes(serialization.Encoding.PEM, form).decode() for key in keys)


def mark_keys() -> list[bytes]:
    return [hashlib.sha256(b"texture-mark:" + secret.encode()).digest() for secret in settings.CHECKPOINT_KEYS]


def mark(message: bytes, *, key: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _private_key(secret: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"texture-ed25519:" + secret.encode()).digest())


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
