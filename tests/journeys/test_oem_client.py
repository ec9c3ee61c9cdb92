"""The example client: against the portal with every kind of key, and against answers that ask for patience."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from examples import oem_client
from examples.oem_client import Portal, ProblemError

from .conftest import Demo

CLIENT = "examples/oem_client.py"


def _document(number: str) -> dict[str, Any]:
    return {
        "device": {
            "manufacturerDeviceId": f"client-{number}",
            "serialNumber": f"CL-{number}",
            "manufacturer": "Acme Energy",
            "model": "PowerStack 3",
            "type": "battery",
            "commissionedOn": "2026-05-01",
            "capabilities": {"controllable": True, "telemetry": True, "commands": ["battery:set-reserve"]},
        },
        "site": {
            "address": {
                "streetOne": "1400 Fifth Ave",
                "city": "San Rafael",
                "state": "CA",
                "postalCode": "94901",
                "country": "US",
            }
        },
        "customer": {"referenceId": f"client-{number}"},
        "consent": {
            "optedIn": True,
            "grantedAt": datetime.now(UTC).isoformat(timespec="seconds"),
            "source": "device_app",
            "termsVersion": "2026-01",
            "programTypes": ["demand_response"],
        },
    }


def _new_partner(demo: Demo, folder: Path, name: str, *options: str | Path) -> Path:
    made = demo.run("manage.py", "create_partner", name, "--kind", "oem", *options)
    assert made.returncode == 0, made.stderr
    file = folder / "credentials.json"
    file.write_text(made.stdout)
    return file


def _enroll(demo: Demo, folder: Path, credentials: Path, number: str, *options: str | Path) -> dict[str, Any]:
    file = folder / "enrollment.json"
    file.write_text(json.dumps(_document(number)))
    done = demo.run(CLIENT, "--url", demo.url, "--credentials", credentials, *options, "enroll", file)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("algorithm", ["ed25519", "ecdsa-p256-sha256", "hmac-sha256"])
def test_it_enrolls_with_a_key_that_the_portal_made(demo: Demo, tmp_path: Path, algorithm: str) -> None:
    credentials = _new_partner(demo, tmp_path, f"Partner with {algorithm}", "--algorithm", algorithm)
    assert _enroll(demo, tmp_path, credentials, algorithm)["state"] == "enrolled"


def test_it_enrolls_with_a_key_that_the_portal_never_saw(demo: Demo, tmp_path: Path) -> None:
    private = Ed25519PrivateKey.generate()
    mine, public = tmp_path / "private.pem", tmp_path / "public.pem"
    mine.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    credentials = _new_partner(demo, tmp_path, "Partner with its own key", "--public-key", public)
    assert _enroll(demo, tmp_path, credentials, "own-key", "--private-key", mine)["state"] == "enrolled"


def test_it_gets_one_and_lists_all_pages(demo: Demo) -> None:
    portal = Portal(demo.url, json.loads(demo.credentials.read_text()))
    portal.http.trust_env = False
    listed = list(portal.enrollments(limit="7"))
    assert len(listed) > 40
    assert len({each["id"] for each in listed}) == len(listed)
    assert portal.enrollment(listed[-1]["id"]) == listed[-1]
    assert portal.history(listed[-1]["id"])[0]["to"] == "discovered"


def test_it_says_what_is_wrong_with_an_enrollment_and_where(demo: Demo, tmp_path: Path) -> None:
    file = tmp_path / "enrollment.json"
    file.write_text(json.dumps({**_document("wrong"), "surprise": 1}))
    done = demo.run(CLIENT, "--url", demo.url, "--credentials", demo.credentials, "enroll", file)
    assert done.returncode == 1
    assert "400 validation_failed" in done.stderr
    assert "/surprise: " in done.stderr


# -- patience: a server of our own that answers as it is told -----------------------------------------------------


class Script:
    """Answers in order, (status, headers, body); what was asked is kept."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], dict[str, Any]]] = []
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.tokens = 0

    def answer(self, status: int, code: str = "", **headers: str) -> None:
        body = {"code": code, "detail": "as the script says"} if code else {"id": "made"}
        self.answers.append((status, {name.replace("_", "-"): value for name, value in headers.items()}, body))


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    monkeypatch.setattr(oem_client, "FIRST_PAUSE_SECONDS", 0.001)
    script = Script()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/oauth/token/":
                script.tokens += 1
                return self._say(200, {}, {"access_token": f"token-{script.tokens}", "expires_in": 3600})
            script.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            return self._say(*script.answers.pop(0))

        def _say(self, status: int, headers: dict[str, str], body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            if status == 0:  # a connection that breaks: this protocol's ends with the answer, which is none
                return
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *said: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    script.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield script
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def portal(script: Script) -> Iterator[Portal]:
    key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    credentials = {
        "clientId": "me",
        "clientSecret": "secret",
        "keyId": "key-1",
        "algorithm": "ed25519",
        "privateKeyPem": key,
    }
    portal = Portal(script.url, credentials)
    portal.http.trust_env = False
    yield portal
    portal.http.close()


PASSING: dict[str, Callable[[Script], None]] = {
    "rate limit": lambda script: script.answer(429, "rate_limited", Retry_After="0"),
    "trouble": lambda script: script.answer(503, "unavailable"),
    "still running": lambda script: script.answer(409, "request_in_progress", Retry_After="0"),
    "broken connection": lambda script: script.answer(0),
}


@pytest.mark.parametrize("trouble", PASSING)
def test_what_passes_is_tried_again_with_the_same_key_and_the_same_bytes(
    script: Script, portal: Portal, trouble: str
) -> None:
    PASSING[trouble](script)
    PASSING[trouble](script)
    script.answer(201)
    assert portal.enroll({"a": 1}, idempotency_key="once") == {"id": "made"}
    assert [(headers["idempotency-key"], body) for _, headers, body in script.asked] == [("once", b'{"a": 1}')] * 3


def test_it_gives_up_after_some_attempts(script: Script, portal: Portal) -> None:
    for _ in range(oem_client.ATTEMPTS):
        script.answer(503, "unavailable")
    with pytest.raises(ProblemError, match="503 unavailable"):
        portal.enroll({})
    assert len(script.asked) == oem_client.ATTEMPTS


@pytest.mark.parametrize(("status", "code"), [(422, "consent_stale"), (409, "enrollment_exists"), (403, "x")])
def test_what_does_not_pass_is_not_tried_again(script: Script, portal: Portal, status: int, code: str) -> None:
    script.answer(status, code)
    with pytest.raises(ProblemError) as caught:
        portal.enroll({})
    assert (caught.value.status, caught.value.code) == (status, code)
    assert len(script.asked) == 1


def test_a_token_is_kept_and_asked_for_anew_when_it_is_refused(script: Script, portal: Portal) -> None:
    for status, code in ((201, ""), (201, ""), (401, "token_invalid"), (201, "")):
        script.answer(status, code)
    for _ in range(3):
        portal.enroll({})
    used = [headers["authorization"] for _, headers, _ in script.asked]
    assert used == ["Bearer token-1", "Bearer token-1", "Bearer token-1", "Bearer token-2"]


def test_a_token_that_is_refused_twice_is_a_problem(script: Script, portal: Portal) -> None:
    script.answer(401, "token_invalid")
    script.answer(401, "token_invalid")
    with pytest.raises(ProblemError, match="token_invalid"):
        portal.enroll({})


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://Portal.Example:443/v1/x", "portal.example"),
        ("http://portal.example:80/v1/x", "portal.example"),
        ("https://portal.example:8443/v1/x", "portal.example:8443"),
    ],
)
def test_the_authority_is_as_rfc_9421_wants_it(url: str, authority: str) -> None:
    request = requests.Request("POST", url, headers={"Content-Digest": "x"}).prepare()
    assert oem_client.covered_parts(request)["@authority"] == authority
