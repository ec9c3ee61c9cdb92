"""The three signature algorithms of the contract (§2.2), over `cryptography`: pure."""

import hashlib
import hmac
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

ED25519 = "ed25519"
ECDSA_P256 = "ecdsa-p256-sha256"
HMAC_SHA256 = "hmac-sha256"

P256_BYTES = 32
PublicMaterial = str | bytes
PublicKey = Ed25519PublicKey | EllipticCurvePublicKey


class UnusableKeyError(ValueError):
    """The text is not the PEM of a public key of an algorithm that is taken."""


def signature_holds(signature: bytes, base: bytes, *, algorithm: str, material: PublicMaterial) -> bool:
    """`material` is the PEM of a public key, or for `hmac-sha256` the secret's bytes."""
    if algorithm == HMAC_SHA256:
        if not isinstance(material, bytes):
            raise TypeError("the secret of hmac-sha256 is bytes")
        return hmac.compare_digest(hmac.digest(material, base, hashlib.sha256), signature)
    if not isinstance(material, str):
        raise TypeError("a public key is PEM text")
    return _public_signature_holds(load_public_key(material), signature, base)


@lru_cache(maxsize=4096)
def load_public_key(pem: str) -> PublicKey:
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except ValueError as fault:
        raise UnusableKeyError("this is not the PEM of a public key") from fault
    algorithm_of(key)
    return key  # type: ignore[return-value]  # algorithm_of let no other kind pass


def algorithm_of(key: object) -> str:
    if isinstance(key, Ed25519PublicKey):
        return ED25519
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return ECDSA_P256
    raise UnusableKeyError("only Ed25519 and ECDSA P-256 public keys are taken")


def _public_signature_holds(key: PublicKey, signature: bytes, base: bytes) -> bool:
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, base)
        else:
            key.verify(_der(signature), base, ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _der(signature: bytes) -> bytes:
    """RFC 9421 §3.3.4 writes r and s side by side; `cryptography` wants them in DER."""
    if len(signature) != 2 * P256_BYTES:
        raise InvalidSignature
    r, s = signature[:P256_BYTES], signature[P256_BYTES:]
    return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
