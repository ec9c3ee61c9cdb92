"""Who signed: the portal's keys, as far as the reader has them from elsewhere."""

from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from forms import unhex
from reporting import Fault, need


@dataclass(frozen=True)
class Trust:
    """What the reader has from elsewhere: the portal's keys, and checkpoints kept out of its reach."""

    keys: tuple[Ed25519PublicKey, ...] = ()
    kept: list[dict[str, Any]] | None = None


def check_signed(message: bytes, by: dict[str, Any], trust: Trust) -> None:
    named = Ed25519PublicKey.from_public_bytes(unhex(by["publicKey"]))
    if trust.keys:
        known = _raw(named) in map(_raw, trust.keys)
        need(known, f"it is signed by {by['publicKey']}, which is not a key that was given")
    try:
        named.verify(unhex(by["signature"]), message)
    except InvalidSignature:
        raise Fault("the signature does not verify") from None


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
