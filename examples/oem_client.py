"""A client of the partner API that a manufacturer could start from. It needs `requests` and `cryptography` only.

    python examples/oem_client.py --url http://127.0.0.1:8000 --credentials credentials.json enroll FILE.json
    python examples/oem_client.py --url … --credentials … get ENROLLMENT_ID
    python examples/oem_client.py --url … --credentials … list [--state enrolled]

`credentials.json` is what `manage.py create_partner` printed. In a program:

    portal = Portal("https://portal.example", json.loads(Path("credentials.json").read_text()))
    enrollment = portal.enroll(document, idempotency_key=order.id)
"""

import argparse
import base64
import hashlib
import hmac
import json
import random
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

TIMEOUT_SECONDS = 30
ATTEMPTS = 6
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
TOKEN_MARGIN_SECONDS = 60  # a token about to expire is not used for a new request


class ProblemError(Exception):
    """The portal refused (RFC 9457). `code` says why, `errors` lists every fault with a pointer into the body."""

    def __init__(self, response: requests.Response) -> None:
        self.response = response
        self.status = response.status_code
        said = _json(response)
        self.code = str(said.get("code") or said.get("error") or "unexpected_answer")
        self.detail = str(said.get("detail") or said.get("error_description") or response.reason)
        self.errors: list[dict[str, Any]] = said.get("errors") or []
        self.enrollment_id: str | None = said.get("enrollmentId")  # with enrollment_exists
        self.request_id = response.headers.get("X-Request-ID", "unknown")
        faults = "".join(f"\n  {fault['pointer'] or 'body'}: {fault['detail']}" for fault in self.errors)
        super().__init__(f"{self.status} {self.code}: {self.detail}{faults}\n  (request {self.request_id})")

    @property
    def is_passing(self) -> bool:
        """Worth trying again: too many requests, trouble at the portal, or the first request is still running."""
        return self.status == 429 or self.status >= 500 or self.code == "request_in_progress"


class RequestSignature(requests.auth.AuthBase):
    """Adds `Content-Digest` (RFC 9530) and a signature over the request (RFC 9421)."""

    def __init__(self, credentials: dict[str, str]) -> None:
        self.key_id, self.algorithm = credentials["keyId"], credentials["algorithm"]
        if self.algorithm == "hmac-sha256":
            self.secret = base64.b64decode(credentials["secretBase64"])
        else:
            self.private_key = load_pem_private_key(credentials["privateKeyPem"].encode(), password=None)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        request.headers["Content-Digest"] = f"sha-256=:{_base64(hashlib.sha256(_bytes(body)).digest())}:"
        parts = covered_parts(request)
        names = " ".join(f'"{name}"' for name in parts)
        parameters = f'({names});created={int(time.time())};keyid="{self.key_id}";alg="{self.algorithm}"'
        base = "".join(f'"{name}": {value}\n' for name, value in parts.items()) + f'"@signature-params": {parameters}'
        request.headers["Signature-Input"] = f"sig1={parameters}"
        request.headers["Signature"] = f"sig1=:{_base64(self.sign(base.encode()))}:"
        return request

    def sign(self, base: bytes) -> bytes:
        if self.algorithm == "hmac-sha256":
            return hmac.digest(self.secret, base, "sha256")
        if isinstance(self.private_key, Ed25519PrivateKey):
            return self.private_key.sign(base)
        if isinstance(self.private_key, EllipticCurvePrivateKey):  # RFC 9421 wants r and s side by side, not DER
            r, s = decode_dss_signature(self.private_key.sign(base, ECDSA(SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        raise TypeError(f"This client cannot sign with a key for {self.algorithm}.")


def covered_parts(request: requests.PreparedRequest) -> dict[str, str]:
    """What the signature vouches for, in order."""
    url = urlsplit(str(request.url))
    default_port = {"http": ":80", "https": ":443"}[url.scheme]
    parts = {
        "@method": str(request.method),
        "@authority": url.netloc.lower().removesuffix(default_port),
        "@path": url.path,
        "content-digest": request.headers["Content-Digest"],
    }
    if url.query:
        parts["@query"] = f"?{url.query}"
    if "Idempotency-Key" in request.headers:
        parts["idempotency-key"] = request.headers["Idempotency-Key"]
    return parts


class Portal:
    def __init__(self, url: str, credentials: dict[str, str], *, attempts: int = ATTEMPTS) -> None:
        self.url = url.rstrip("/")
        self.attempts = attempts
        self.client = (credentials["clientId"], credentials["clientSecret"])
        self.signature = RequestSignature(credentials)
        self.http = requests.Session()
        self._token, self._token_ends = "", 0.0

    # -- the calls ------------------------------------------------------------------------------------------

    def enroll(self, document: dict[str, Any], *, idempotency_key: str | None = None) -> dict[str, Any]:
        """The enrollment; its `state` and `requiredActions` say what is still to do.

        Keep the key with your own record before the first attempt: sent again after a crash, the same key and
        document give the first answer and enroll nothing twice.
        """
        return _json(self.call("POST", "/v1/enrollments", document, idempotency_key=idempotency_key))

    def enrollment(self, enrollment_id: str) -> dict[str, Any]:
        return _json(self.call("GET", f"/v1/enrollments/{enrollment_id}"))

    def enrollments(self, **filters: str) -> Iterator[dict[str, Any]]:
        """All pages, newest first; `state`, `manufacturerDeviceId` and others narrow it."""
        while True:
            page = _json(self.call("GET", "/v1/enrollments", parameters=filters))
            yield from page["data"]
            if not page["nextCursor"]:
                return
            filters["cursor"] = page["nextCursor"]

    def history(self, enrollment_id: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = _json(self.call("GET", f"/v1/enrollments/{enrollment_id}/history"))["data"]
        return entries

    def consent(
        self, enrollment_id: str, consent: dict[str, Any], *, idempotency_key: str | None = None
    ) -> dict[str, Any]:
        path = f"/v1/enrollments/{enrollment_id}/consents"
        return _json(self.call("POST", path, consent, idempotency_key=idempotency_key))

    # -- how a call is made ---------------------------------------------------------------------------------

    def call(
        self,
        method: str,
        path: str,
        document: dict[str, Any] | None = None,
        *,
        parameters: dict[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> requests.Response:
        """Tries again, with the same key and the same bytes, while that may help. Raises ProblemError."""
        body = None if document is None else json.dumps(document).encode()
        key = idempotency_key or str(uuid.uuid4())
        for attempt in range(1, self.attempts + 1):
            try:
                return self._attempt(method, path, body, parameters, key)
            except ProblemError as problem:
                if problem.code == "token_invalid" and attempt == 1 < self.attempts:
                    self._token_ends = 0.0
                    continue
                if not problem.is_passing or attempt == self.attempts:
                    raise
                time.sleep(_pause(attempt, problem.response.headers.get("Retry-After", "")))
            except (requests.ConnectionError, requests.Timeout):
                if attempt == self.attempts:
                    raise
                time.sleep(_pause(attempt))
        raise AssertionError("the last attempt returns or raises")

    def _attempt(
        self, method: str, path: str, body: bytes | None, parameters: dict[str, str] | None, key: str
    ) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token()}"}
        if method != "GET":
            headers |= {"Content-Type": "application/json", "Idempotency-Key": key}
        return _checked(
            self.http.request(
                method,
                self.url + path,
                params=parameters,
                data=body,
                headers=headers,
                auth=_unsigned if method == "GET" else self.signature,
                timeout=TIMEOUT_SECONDS,
            )
        )

    def token(self) -> str:
        """Kept until shortly before it ends."""
        if time.monotonic() > self._token_ends - TOKEN_MARGIN_SECONDS:
            answer = _json(
                _checked(
                    self.http.post(
                        f"{self.url}/oauth/token/",
                        data={"grant_type": "client_credentials"},
                        auth=self.client,
                        timeout=TIMEOUT_SECONDS,
                    )
                )
            )
            self._token, self._token_ends = answer["access_token"], time.monotonic() + answer["expires_in"]
        return self._token


def _unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Said so, since without it `requests` would put credentials of a .netrc file in place of the token."""
    return request


def _checked(response: requests.Response) -> requests.Response:
    if response.status_code >= 400:
        raise ProblemError(response)
    return response


def _pause(attempt: int, retry_after: str = "") -> float:
    """Seconds: what the portal asks for, else twice as long each time; with a random part, so that many spread out."""
    pause = float(retry_after) if retry_after.isdecimal() else FIRST_PAUSE_SECONDS * 2 ** (attempt - 1)
    return min(pause, LONGEST_PAUSE_SECONDS) * random.uniform(1.0, 1.5)  # noqa: S311 -- no secret


def _json(response: requests.Response) -> dict[str, Any]:
    try:
        said = response.json()
    except requests.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _bytes(body: bytes | str) -> bytes:
    return body.encode() if isinstance(body, str) else body


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def main() -> int:
    parser = argparse.ArgumentParser(description="Enroll devices in the portal, and look at enrollments.")
    parser.add_argument("--url", required=True, help="for example http://127.0.0.1:8000")
    parser.add_argument("--credentials", required=True, type=Path, help="the JSON that create_partner printed")
    parser.add_argument("--private-key", type=Path, help="PEM, where you gave the portal a public key of your own")
    calls = parser.add_subparsers(dest="call", required=True)
    enroll = calls.add_parser("enroll", help="post an enrollment")
    enroll.add_argument("file", type=Path, help="the enrollment as JSON")
    enroll.add_argument("--idempotency-key", help="the same key and file again: the first answer again")
    calls.add_parser("get", help="one enrollment").add_argument("id")
    calls.add_parser("list", help="enrollments, newest first").add_argument("--state")
    chosen = parser.parse_args()
    try:
        credentials = json.loads(chosen.credentials.read_text())
        if chosen.private_key:
            credentials["privateKeyPem"] = chosen.private_key.read_text()
        portal = Portal(chosen.url, credentials)
        print(json.dumps(_answer(portal, chosen), indent=2))
    except (ProblemError, OSError, ValueError) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def _answer(portal: Portal, chosen: argparse.Namespace) -> Any:
    if chosen.call == "enroll":
        return portal.enroll(json.loads(chosen.file.read_text()), idempotency_key=chosen.idempotency_key)
    if chosen.call == "get":
        return portal.enrollment(chosen.id)
    return list(portal.enrollments(**({"state": chosen.state} if chosen.state else {})))


if __name__ == "__main__":
    sys.exit(main())
