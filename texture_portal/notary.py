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


def sign(message: bytes) -> tuple[bytes, bytes]:
    """The public key and the signature, 32 and 64 bytes."""
    key = _private_key(settings.CHECKPOINT_KEYS[0])
    return _raw(key.public_key()), key.sign(message)


def is_signed(message: bytes, *, public_key: bytes, signature: bytes) -> bool:
    """By one of the portal's own keys: a row can name any key, and is believed only one of these."""
    if bytes(public_key) not in public_keys():
        return False
    try:
        Ed25519PublicKey.from_public_bytes(bytes(public_key)).verify(bytes(signature), message)
    except InvalidSignature:
        return False
    return True


def public_keys() -> list[bytes]:
    return [_raw(_private_key(secret).public_key()) for secret in settings.CHECKPOINT_KEYS]


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
