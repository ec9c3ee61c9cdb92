"""One signed call of the partner API: python3 portal.py POST /v1/enrollments enrollment.json

Needs `cryptography`. CREDENTIALS names what create_partner printed, PORTAL the portal's address.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

PORTAL = os.environ.get("PORTAL", "http://127.0.0.1:8000")
CREDENTIALS = json.loads(Path(os.environ.get("CREDENTIALS", "credentials.json")).read_text())


def b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def send(request: urllib.request.Request) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def get_token() -> str:
    client = b64(f"{CREDENTIALS['clientId']}:{CREDENTIALS['clientSecret']}".encode())
    headers = {"Authorization": f"Basic {client}", "Content-Type": "application/x-www-form-urlencoded"}
    form = b"grant_type=client_credentials"
    status, said = send(urllib.request.Request(f"{PORTAL}/oauth/token/", form, headers))
    if status != 200:
        sys.exit(f"{status} {said}")
    return str(json.loads(said)["access_token"])


def signature(base: bytes) -> bytes:
    if CREDENTIALS["algorithm"] == "hmac-sha256":
        return hmac.digest(base64.b64decode(CREDENTIALS["secretBase64"]), base, "sha256")
    key = load_pem_private_key(CREDENTIALS["privateKeyPem"].encode(), password=None)
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(base)
    if isinstance(key, EllipticCurvePrivateKey):  # RFC 9421 wants r and s side by side, not DER
        r, s = decode_dss_signature(key.sign(base, ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    sys.exit("The key is neither Ed25519 nor ECDSA P-256.")


def signed_headers(method: str, target: str, body: bytes, idempotency_key: str) -> dict[str, str]:
    url = urllib.parse.urlsplit(PORTAL + target)
    digest = f"sha-256=:{b64(hashlib.sha256(body).digest())}:"
    covered = {"@method": method, "@authority": url.netloc.lower(), "@path": url.path, "content-digest": digest}
    if url.query:
        covered["@query"] = f"?{url.query}"
    if method in ("POST", "PATCH"):
        covered["idempotency-key"] = idempotency_key
    names = " ".join(f'"{name}"' for name in covered)
    parameters = f'({names});created={int(time.time())};keyid="{CREDENTIALS["keyId"]}"'
    lines = [f'"{name}": {value}' for name, value in covered.items()]
    base = "\n".join([*lines, f'"@signature-params": {parameters}'])
    return {
        "Content-Type": "application/json",
        "Content-Digest": digest,
        "Idempotency-Key": idempotency_key,
        "Signature-Input": f"sig1={parameters}",
        "Signature": f"sig1=:{b64(signature(base.encode()))}:",
    }


def call(method: str, target: str, body: bytes = b"", idempotency_key: str = "") -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {get_token()}"}
    if method != "GET":
        headers |= signed_headers(method, target, body, idempotency_key or str(uuid.uuid4()))
    request = urllib.request.Request(PORTAL + target, body if method != "GET" else None, headers, method=method)
    return send(request)


if __name__ == "__main__":
    method, target, *files = sys.argv[1:]
    body = Path(files[0]).read_bytes() if files else b""
    status, said = call(method, target, body, os.environ.get("IDEMPOTENCY_KEY", ""))
    print(said)
    print(status, file=sys.stderr)
    sys.exit(status >= 400)
