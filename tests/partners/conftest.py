"""A partner at the door: credentials, a token, and a client that signs with its own code."""

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from django.test import Client

from partners.onboarding import create_partner
from texture_portal import clock
from texture_portal.actors import Channel, system

COVERED = ("@method", "@authority", "@path", "content-digest", "idempotency-key")


def digest_of(body):
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


@dataclass
class SigningClient:
    """`token`, `key_id` and `sign` can be replaced to misbehave."""

    onboarded: object
    token: str = ""
    headers: dict = field(default_factory=dict)

    def __post_init__(self):
        self.key_id = str(self.onboarded.key.key.id)
        self.algorithm = self.onboarded.key.key.algorithm
        self.http = Client(raise_request_exception=False)
        self.token = self.token or self.fetch_token()["access_token"]

    @property
    def partner(self):
        return self.onboarded.partner

    def fetch_token(self, **form):
        client = self.onboarded.client
        answer = self.http.post(
            "/oauth/token/",
            {
                "grant_type": "client_credentials",
                "client_id": client.application.client_id,
                "client_secret": client.secret,
                **form,
            },
        )
        return answer.json()

    def sign(self, base):
        made = self.onboarded.key
        if made.secret is not None:
            mac = hmac.HMAC(made.secret, hashes.SHA256())
            mac.update(base)
            return mac.finalize()
        private = serialization.load_pem_private_key(made.private_key_pem.encode(), None)
        if isinstance(private, ec.EllipticCurvePrivateKey):
            r, s = decode_dss_signature(private.sign(base, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return private.sign(base)

    def signed_headers(
        self,
        method,
        target,
        body,
        *,
        key=None,
        created=None,
        covered=None,
        parameters="",
        label="sig1",
        authority="testserver",
        digest=None,
        key_id=None,
    ):
        path, mark, query = target.partition("?")
        values = {
            "@method": method,
            "@authority": authority,
            "@path": path,
            "@query": f"?{query}",
            "content-digest": digest or digest_of(body),
            "content-type": "application/json",
        }
        if key is not None:
            values["idempotency-key"] = key
        if covered is None:
            covered = [name for name in COVERED if name in values] + (["@query"] if mark else [])
        signature_parameters = (
            "(" + " ".join(f'"{name}"' for name in covered) + ")"
            f';created={int(time.time()) if created is None else created};keyid="{key_id or self.key_id}"{parameters}'
        )
        lines = [f'"{name}": {values[name]}' for name in covered] + [f'"@signature-params": {signature_parameters}']
        signature = base64.b64encode(self.sign("\n".join(lines).encode())).decode()
        headers = {
            "Content-Digest": values["content-digest"],
            "Signature-Input": f"{label}={signature_parameters}",
            "Signature": f"{label}=:{signature}:",
        }
        return headers | ({"Idempotency-Key": key} if key is not None else {})

    def send(self, method, target, document=None, *, body=None, key="", headers=None, content_type=None, **options):
        """`headers` replace those that signing made; one that is None is left out."""
        if body is None:
            body = b"" if document is None else json.dumps(document).encode()
        if key == "":
            key = str(uuid4()) if method in ("POST", "PATCH") else None
        made = {"Authorization": f"Bearer {self.token}"}
        if method not in ("GET", "HEAD"):
            made |= self.signed_headers(method, target, body, key=key, **options)
        made |= self.headers | (headers or {})
        return self.http.generic(
            method,
            target,
            body,
            content_type="application/json" if content_type is None else content_type,
            headers={name: value for name, value in made.items() if value is not None},
        )

    def post(self, target, document=None, **options):
        return self.send("POST", target, document, **options)

    def get(self, target, **options):
        return self.send("GET", target, **options)


@pytest.fixture
def onboard():
    def make(name="Acme Energy", **options):
        options = {"kind": "oem", "now": clock.now(), "by": system("tests", channel=Channel.COMMAND)} | options
        return create_partner(name, **options)

    return make


@pytest.fixture
def acme(db, onboard):
    return SigningClient(onboard())


@pytest.fixture
def signing_client():
    return SigningClient


def problem_of(response):
    assert response["Content-Type"] == "application/problem+json", response.content
    problem = response.json()
    assert problem["status"] == response.status_code
    return problem


@pytest.fixture
def problem():
    return problem_of
