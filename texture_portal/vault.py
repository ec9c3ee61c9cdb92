"""Sealing secrets at rest: AES-256-GCM, each ciphertext bound to the place it belongs to.

`settings.DATA_KEYS` lists the master keys, newest first; the first seals, all open. A sealed value is
one version byte, a 12-byte nonce and the ciphertext with its tag. Each place has a key of its own, derived from the
sealing key, so that one value can be shown to be what was sealed (`opening_key`) without giving away any other.
"""

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from texture_portal import key_use

VERSION = b"\x02"
WITHOUT_PLACE_KEY = b"\x01"  # how values were sealed first: by the sealing key itself
NONCE_BYTES = 12
KEY_BYTES = 32
RING = "DATA_KEYS"


class SealBrokenError(Exception):
    """The value was sealed under another key, for another place, or was changed since."""


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def seal_with(key: bytes, plaintext: bytes, *, place: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return VERSION + nonce + AESGCM(_place_key(key, place)).encrypt(nonce, plaintext, place.encode())


def open_with(key: bytes, sealed: bytes | memoryview, *, place: str) -> bytes:
    sealed = bytes(sealed)
    nonce, ciphertext = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    used = key if sealed[:1] == WITHOUT_PLACE_KEY else _place_key(key, place)
    try:
        return AESGCM(used).decrypt(nonce, ciphertext, place.encode())
    except InvalidTag as broken:
        raise SealBrokenError(f"cannot open what was sealed for {place!r}") from broken


def opening_key(key: bytes, sealed: bytes | memoryview, *, place: str) -> bytes | None:
    """What opens this one value and nothing sealed elsewhere; None for one of the first form, which has no such key."""
    return None if bytes(sealed[:1]) == WITHOUT_PLACE_KEY else _place_key(key, place)


def opening_key_of_sealed(sealed: bytes | memoryview, *, place: str) -> bytes | None:
    """The same, of what was sealed under a master key."""
    return opening_key(_master_keys()[number_of_key(sealed, place=place)], sealed, place=place)


def seal(plaintext: bytes, *, place: str) -> bytes:
    """Seals under the newest master key; `place` names the row and field and must be given to open."""
    key_use.note(RING, settings.DATA_KEYS[0])
    return seal_with(_master_keys()[0], plaintext, place=place)


def open_sealed(sealed: bytes | memoryview, *, place: str) -> bytes:
    number, opened = _opened(sealed, place=place)
    key_use.note(RING, settings.DATA_KEYS[number])
    return opened


def number_of_key(sealed: bytes | memoryview, *, place: str) -> int:
    """Which of `DATA_KEYS` sealed it, the newest being 0. Raises `SealBrokenError`."""
    return _opened(sealed, place=place)[0]


def is_up_to_date(sealed: bytes | memoryview, *, place: str) -> bool:
    """Sealed as `seal` would now. Raises `SealBrokenError`."""
    return bytes(sealed[:1]) == VERSION and number_of_key(sealed, place=place) == 0


def _opened(sealed: bytes | memoryview, *, place: str) -> tuple[int, bytes]:
    """Which of the master keys opens it, and what is in it."""
    for number, key in enumerate(_master_keys()):
        try:
            return number, open_with(key, sealed, place=place)
        except SealBrokenError:
            continue
    raise SealBrokenError(f"no key in DATA_KEYS opens what was sealed for {place!r}")


def derived_key(text: str, *, purpose: str) -> bytes:
    """32 bytes that only who has both the newest master key and `text` can make: a key, or a name for a row."""
    return derived_keys(text, purpose=purpose)[0]


def derived_keys(text: str, *, purpose: str) -> list[bytes]:
    """The same by every master key, the newest first: what was named under an older one is found by these."""
    return [_derived(key, text, purpose) for key in _master_keys()]


def derived_by(secret: str, text: str, *, purpose: str) -> bytes:
    """The same by one of `DATA_KEYS`."""
    return _derived(_master_key(secret), text, purpose)


def _derived(key: bytes, text: str, purpose: str) -> bytes:
    return hmac.digest(key, f"{purpose}\0{text}".encode(), hashlib.sha256)


def _place_key(key: bytes, place: str) -> bytes:
    return hmac.digest(key, b"place-key:" + place.encode(), "sha256")


def _master_keys() -> list[bytes]:
    return [_master_key(secret) for secret in settings.DATA_KEYS]


def _master_key(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
