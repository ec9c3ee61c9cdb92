"""HTTP Message Signatures (RFC 9421) and Content-Digest (RFC 9530), as far as the portal takes them."""

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from reporting import Fault, need


@dataclass
class Signed:
    components: tuple[str, ...]
    parameters: dict[str, Any]
    signature: bytes

    def params_line(self) -> str:
        """`@signature-params` in its one form (RFC 9421 §2.3)."""
        names = " ".join(f'"{name}"' for name in self.components)
        return f"({names})" + "".join(f";{name}={_structured(value)}" for name, value in self.parameters.items())


def read_signature(headers: dict[str, str]) -> Signed:
    label, _, given = headers["signature-input"].partition("=")
    inner, _, parameters = given.partition(")")
    names = re.findall(r'"([^"]*)"', inner)
    plain = re.sub(r'[ ]*"[^"]*"[ ]*', "", inner.strip()[1:])
    need(inner.lstrip().startswith("(") and not plain, "it covers a component in a way that this script does not know")
    found = re.fullmatch(r"\s*([a-z*][a-z0-9_.*-]*)\s*=\s*:([A-Za-z0-9+/=]*):\s*", headers["signature"])
    need(found is not None and found[1] == label.strip(), "Signature and Signature-Input do not belong together")
    return Signed(tuple(names), dict(_parameters(parameters)), base64.b64decode(found[2], validate=True))  # type: ignore[index]


def _parameters(text: str) -> Iterator[tuple[str, Any]]:
    wanted = r';\s*([a-z*][a-z0-9_.*-]*)=(?:(-?\d+)|"((?:[^"\\]|\\["\\])*)")\s*'
    need(
        re.fullmatch(f"(?:{wanted})*", text) is not None, "its parameters are of a kind that this script does not know"
    )
    for name, number, string in re.findall(wanted, text):
        yield name, int(number) if number else re.sub(r"\\(.)", r"\1", string)


def _structured(value: int | str) -> str:
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def check_signature(signed: Signed, message: dict[str, Any], *, algorithm: str, pem: str) -> None:
    lines = [f'"{name}": {_value(name, message)}' for name in signed.components]
    base = "\n".join([*lines, f'"@signature-params": {signed.params_line()}']).encode("ascii")
    key = serialization.load_pem_public_key(pem.encode())
    try:
        if algorithm == "ed25519" and isinstance(key, Ed25519PublicKey):
            key.verify(signed.signature, base)
        elif algorithm == "ecdsa-p256-sha256" and isinstance(key, EllipticCurvePublicKey):
            r, s = signed.signature[:32], signed.signature[32:]
            der = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
            key.verify(der, base, ECDSA(hashes.SHA256()))
        else:
            raise Fault(f"its key is not one of {algorithm}")
    except InvalidSignature:
        raise Fault("the partner's signature does not verify: this is not what it signed, or not its key") from None


def _value(name: str, message: dict[str, Any]) -> str:
    if not name.startswith("@"):
        return str(message["headers"][name])
    path, mark, query = message["target"].partition("?")
    port = {"http": ":80", "https": ":443"}[message["scheme"]]
    authority = message["authority"].lower().removesuffix(port)
    derived = {
        "@method": message["method"],
        "@authority": authority,
        "@path": path or "/",
        "@query": f"?{query}",
        "@scheme": message["scheme"],
        "@request-target": message["target"],
        "@target-uri": f"{message['scheme']}://{authority}{path or '/'}{mark}{query}",
    }
    return str(derived[name])


def check_content_digest(message: dict[str, Any]) -> None:
    body = base64.b64decode(message["body"], validate=True)
    listed = re.findall(r"(sha-256|sha-512)=:([A-Za-z0-9+/=]*):", message["headers"]["content-digest"])
    need(bool(listed), "its Content-Digest names no digest that is known")
    for algorithm, value in listed:
        digest = hashlib.new(algorithm.replace("-", ""), body).digest()
        need(base64.b64decode(value) == digest, f"its body does not have its Content-Digest ({algorithm})")
