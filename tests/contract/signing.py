"""RFC 9421 signatures and RFC 9530 digests, made by hand from the contract's §2, with nothing of the portal's."""

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

ALWAYS_COVERED = ("@method", "@authority", "@path", "content-digest")


@dataclass(frozen=True)
class Key:
    keyid: str
    algorithm: str
    secret: Any

    @classmethod
    def from_printed(cls, printed: dict[str, str]) -> "Key":
        """The key in what `create_partner` or `rotate_partner_key` printed."""
        if "secretBase64" in printed:
            secret: Any = base64.b64decode(printed["secretBase64"])
        else:
            secret = serialization.load_pem_private_key(printed["privateKeyPem"].encode(), password=None)
        return cls(printed["keyId"], printed["algorithm"], secret)

    def sign(self, message: bytes) -> bytes:
        if self.algorithm == "hmac-sha256":
            return hmac.new(self.secret, message, hashlib.sha256).digest()
        if self.algorithm == "ecdsa-p256-sha256":
            r, s = decode_dss_signature(self.sign_der(message))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        assert isinstance(self.secret, ed25519.Ed25519PrivateKey), self.algorithm
        return self.secret.sign(message)

    def sign_der(self, message: bytes) -> bytes:
        """ECDSA as most libraries give it; RFC 9421 wants r and s side by side instead."""
        return self.secret.sign(message, ec.ECDSA(hashes.SHA256()))


@dataclass
class Request:
    """One HTTP request, byte for byte. `headers` is a list, so that one can be sent twice."""

    method: str
    authority: str
    path: str
    query: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    @property
    def target(self) -> str:
        return self.path + (f"?{self.query}" if self.query else "")

    def header(self, name: str) -> str:
        return ", ".join(value.strip() for known, value in self.headers if known.lower() == name.lower())

    def drop(self, name: str) -> "Request":
        self.headers = [(known, value) for known, value in self.headers if known.lower() != name.lower()]
        return self

    def put(self, name: str, value: str) -> "Request":
        self.drop(name).headers.append((name, value))
        return self


def content_digest(body: bytes, algorithm: str = "sha-256") -> str:
    made = hashlib.new(algorithm.replace("-", ""), body).digest()
    return f"{algorithm}=:{base64.b64encode(made).decode()}:"


def component_value(request: Request, name: str) -> str:
    derived = {
        "@method": request.method,
        "@authority": request.authority.lower(),
        "@path": request.path,
        "@query": f"?{request.query}",
        "@target-uri": f"http://{request.authority}{request.target}",
    }
    return derived[name] if name.startswith("@") else request.header(name)


def signature_params(components: tuple[str, ...], **params: int | str) -> str:
    """`("@method" …);created=…;keyid="…"`: integers bare, strings quoted, as structured fields have it."""
    listed = " ".join(f'"{name}"' for name in components)
    said = "".join(
        f";{name}={value}" if isinstance(value, int) else f';{name}="{value}"' for name, value in params.items()
    )
    return f"({listed}){said}"


def signature_base(request: Request, components: tuple[str, ...], params: str) -> bytes:
    lines = [f'"{name}": {component_value(request, name)}' for name in components]
    return "\n".join([*lines, f'"@signature-params": {params}']).encode("latin-1")


def required_components(request: Request) -> tuple[str, ...]:
    wanted = list(ALWAYS_COVERED)
    if request.method in {"POST", "PATCH"}:
        wanted.append("idempotency-key")
    if request.query:
        wanted.append("@query")
    return tuple(wanted)


def sign(
    request: Request,
    key: Key,
    *,
    created: int | None = None,
    components: tuple[str, ...] | None = None,
    label: str = "sig1",
    **more: int | str | None,
) -> Request:
    """Adds `Signature-Input` and `Signature`. `more` sets other parameters; None leaves one out."""
    covered = required_components(request) if components is None else components
    said: dict[str, int | str | None] = {"created": created or int(time.time()), "keyid": key.keyid, **more}
    params = signature_params(covered, **{name: value for name, value in said.items() if value is not None})
    made = base64.b64encode(key.sign(signature_base(request, covered, params))).decode()
    return request.put("Signature-Input", f"{label}={params}").put("Signature", f"{label}=:{made}:")
