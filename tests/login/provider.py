"""A simulated identity provider: OpenID Connect discovery, authorization code with PKCE, tokens, keys, over HTTP."""

import base64
import hashlib
import json
import secrets
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "portal", "a-secret-of-the-portal"


class Provider(ThreadingHTTPServer):
    """`person` is whoever is logged in there; `slips` are changes of the ID token and of the answer.
    It asked that person `asked_at`, asks anew where it is told to, and says when where it must."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Calls)
        self.issuer = f"http://127.0.0.1:{self.server_port}"
        self.key = RSAKey.generate_key(2048, {"kid": "1"}, private=True)
        self.person = {"sub": "p-1", "preferred_username": "paula", "email": "paula@example.com", "groups": ["audit"]}
        self.token_slips, self.answer_slips, self.signed_by = {}, {}, self.key
        self.algorithms = ["RS256"]
        self.asked_at = int(time.time())
        self.codes = {}

    def code_for(self, asked):
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        longest = int(asked.get("max_age", 1_000_000_000))
        if asked.get("prompt") == "login" or time.time() - self.asked_at > longest:
            self.asked_at = int(time.time())
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return code

    def id_token(self, asked):
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        if "max_age" in asked:
            claims["auth_time"] = self.asked_at
        return jwt.encode({"alg": "RS256", "kid": "1"}, claims | self.person | self.token_slips, self.signed_by)


class Calls(BaseHTTPRequestHandler):
    server: Provider

    def log_message(self, *args):
        pass

    def do_GET(self):
        at, here = urlsplit(self.path), self.server.issuer
        if at.path == "/.well-known/openid-configuration":
            self.answer({
                "issuer": here, "authorization_endpoint": f"{here}/authorize", "token_endpoint": f"{here}/token",
                "jwks_uri": f"{here}/keys", "id_token_signing_alg_values_supported": self.server.algorithms,
                "authorization_response_iss_parameter_supported": True,
            })  # fmt: skip
        elif at.path == "/keys":
            self.answer({"keys": [self.server.key.as_dict(private=False)]})
        elif at.path == "/authorize":
            asked = {name: values[0] for name, values in parse_qs(at.query).items()}
            given = {"code": self.server.code_for(asked), "state": asked["state"], "iss": here}
            self.send_response(302)
            self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(given | self.server.answer_slips)}")
            self.end_headers()

    def do_POST(self):
        given = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        pair = base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
        asked = self.server.codes.pop(given["code"][0], None)
        digest = hashlib.sha256(given["code_verifier"][0].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if pair != f"{CLIENT}:{SECRET}" or asked is None or asked["code_challenge"] != challenge:
            return self.answer({"error": "invalid_grant"}, status=400)
        token = {"access_token": "x", "token_type": "Bearer", "expires_in": 60, "id_token": self.server.id_token(asked)}
        return self.answer(token)

    def answer(self, body, status=200):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


@contextmanager
def identity_provider():
    provider = Provider()
    thread = threading.Thread(target=provider.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield provider
    finally:
        provider.shutdown()
        provider.server_close()
        thread.join()
