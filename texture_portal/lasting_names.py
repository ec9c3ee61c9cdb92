"""Names by a key, of words that nobody may know any more, which outlive the key.

They are made in two steps: of the words an essence, which is kept sealed, and of that a name by one of `DATA_KEYS`. So
another key can seal and name it anew without the words. Who has the keys can try words out, as with the name itself.
"""

import hashlib

from texture_portal import vault


def essence_of(words: str, *, purpose: str) -> bytes:
    return hashlib.sha256(f"{purpose}\0{words}".encode()).digest()


def names_of(essence: bytes, *, purpose: str) -> list[str]:
    """By every key that the portal has, the newest first."""
    return [each.hex() for each in vault.derived_keys(essence.hex(), purpose=purpose)]


def name_by(key: str, essence: bytes, *, purpose: str) -> str:
    """By this one of `DATA_KEYS`."""
    return vault.derived_by(key, essence.hex(), purpose=purpose).hex()


def every_name(words: str, *, purpose: str) -> list[str]:
    """By which it may be found: also as was named before there were essences, of the words themselves."""
    plain = [each.hex() for each in vault.derived_keys(words, purpose=purpose)]
    return [*names_of(essence_of(words, purpose=purpose), purpose=purpose), *plain]
