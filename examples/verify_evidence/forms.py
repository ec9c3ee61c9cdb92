"""The written form of the portal, digests over it, and what is sealed."""

import hashlib
import json
import re
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from reporting import Fault, need

CONSENTS = "enrollments_historicalconsent"
STATES = "enrollments_historicalenrollment"


def written(document: Any) -> bytes:
    """JSON with sorted names and no spaces, in UTF-8: what every digest of the portal is taken over."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def unhex(text: str) -> bytes:
    need(re.fullmatch(r"([0-9a-f]{2})*", text) is not None, f"{text[:80]!r} is not lower-case hex")
    return bytes.fromhex(text)


def open_sealed(sealed: bytes, key: str, *, place: str) -> bytes:
    try:
        return AESGCM(unhex(key)).decrypt(sealed[1:13], sealed[13:], place.encode())
    except InvalidTag:
        raise Fault("its key does not open it") from None
