"""Sealing secrets at rest: AES-256-GCM, each ciphertext bound to the place it belongs to.

`settings.DATA_KEYS` lists the master keys, newest first; the first seals, all open. A sealed value is
one version byte, a 12-byte nonce and the ciphertext with its tag.
"""

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

VERSION = b"\x01"
NONCE_BYTES = 12
KEY_BYTES = 32


class SealBrokenError(Exception):
    """The value was sealed under another key, for another place, or was changed since."""


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def seal_with(key: bytes, plaintext: bytes, *, place: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return VERSION + nonce + AESGCM(key).encrypt(nonce, plaintext, place.encode())


def open_with(key: bytes, sealed: bytes | memoryview, *, place: str) -> bytes:
    sealed = bytes(sealed)
    nonce, ciphertext = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, place.encode())
    except InvalidTag as broken:
        raise SealBrokenError(f"cannot open what was sealed for {place!r}") from broken


def seal(plaintext: bytes, *, place: str) -> bytes:
    """Seals under the newest master key; `place` names the row and field and must be given to open."""
    return seal_with(_master_keys()[0], plaintext, place=place)


def open_sealed(sealed: bytes | memoryview, *, place: str) -> bytes:
    for key in _master_keys():
        try:
            return open_with(key, sealed, place=place)
        except SealBrokenError:
            continue
    raise SealBrokenError(f"no key in DATA_KEYS opens what was sealed for {place!r}")


def derived_key(text: str, *, purpose: str) -> bytes:
    """32 bytes that only who has both the newest master key and `text` can make: a key, or a name for a row."""
    return hmac.digest(_master_keys()[0], f"{purpose}\0{text}".encode(), hashlib.sha256)


def _master_keys() -> list[bytes]:
    return [hashlib.sha256(secret.encode()).digest() for secret in settings.DATA_KEYS]
