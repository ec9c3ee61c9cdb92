"""What is under deploy/, as it stands: nginx before the served portal, systemd's own judgement of the units."""

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from contract.conftest import run
from contract.payloads import enrollment
from django.conf import settings
from django.core.management import get_commands

from tests.ports import free_port, listens
from tests.waiting import PATIENCE, wait_for

DEPLOY = Path(settings.BASE_DIR) / "deploy"
DOCS = Path(settings.BASE_DIR) / "docs"
UNITS = sorted((DEPLOY / "systemd").iterdir())
PATH = f"/usr/sbin:{os.environ['PATH']}"
NGINX = """{user}
daemon off; pid {folder}/pid; error_log stderr warn; worker_processes 1;
events {{ }}
http {{
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxied; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    include {folder}/site.conf;
}}
"""


def make_certificate(folder: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "privkey.pem",
         "-out", "fullchain.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip


@pytest.fixture
def behind_nginx(authority: str, tmp_path: Path) -> Iterator[str]:
    """`localhost:port` of the shipped configuration, with other ports, names and paths, before the served portal."""
    program = shutil.which("nginx", path=PATH)
    if program is None:
        pytest.skip("NGINX BEFORE THE PORTAL WAS NOT TRIED: there is no nginx here")
    make_certificate(tmp_path)
    port = free_port()
    site = (DEPLOY / "nginx" / "texture-portal.conf").read_text()
    for shipped, here in (
        (r"listen 80;", f"listen 127.0.0.1:{free_port()};"),
        (r"listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        (r"listen \[::\]:\d+[^;]*;", ""),
        (r"127\.0\.0\.1:8000", authority),
        (r"portal\.example\.com", "localhost"),
        (r"/etc/ssl/texture-portal|/var/log/nginx", str(tmp_path)),
    ):
        site, count = re.subn(shipped, here, site)
        assert count, shipped
    (tmp_path / "site.conf").write_text(site)
    user = "user root;" if os.geteuid() == 0 else ""
    (tmp_path / "nginx.conf").write_text(NGINX.format(folder=tmp_path, user=user))
    words = [program, "-p", str(tmp_path), "-c", "nginx.conf"]
    checked = subprocess.run([*words, "-t", "-q"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    server = subprocess.Popen(words)
    wait_for(lambda: listens(port))
    yield f"localhost:{port}"
    server.terminate()
    server.wait(PATIENCE)


def test_a_signed_request_arrives_as_it_was_signed(behind_nginx: str, tmp_path: Path) -> None:
    """By the example in Python, over TLS, with a query and a body; the proxy's log tells nothing of it."""
    (tmp_path / "credentials.json").write_text(json.dumps(run("create_partner", f"Nginx {tmp_path}", "--kind", "oem")))
    body = enrollment()
    (tmp_path / "enrollment.json").write_text(json.dumps(body))

    def call(*words: str) -> dict:
        done = subprocess.run(
            [sys.executable, str(DOCS / "examples" / "portal.py"), *words],
            cwd=tmp_path,
            env={"PATH": PATH, "PORTAL": f"https://{behind_nginx}", "SSL_CERT_FILE": str(tmp_path / "fullchain.pem")},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        return dict(json.loads(done.stdout))

    made = call("POST", "/v1/enrollments", "enrollment.json")
    assert made["state"] == "enrolled"
    listed = call("GET", f"/v1/enrollments?manufacturerDeviceId={body['device']['manufacturerDeviceId']}")
    assert [each["id"] for each in listed["data"]] == [made["id"]]
    assert call("POST", "/v1/eligibility?a=b")["code"] == "malformed_json"  # the signature, with the query, held
    wait_for(lambda: len(lines_of(tmp_path)) >= 6, "the log's lines, which follow the answers")
    log = lines_of(tmp_path)
    assert len(log) == 6  # each call asks for a token before
    for line in log:
        assert re.fullmatch(r"[\d:T+-]+ \d{3} (GET|POST) [\d.]+ [0-9a-f-]{36}", line), line


def lines_of(folder: Path) -> list[str]:
    return (folder / "texture-portal.log").read_text().splitlines()


def test_what_is_for_machines_inside_is_not_there_from_outside(behind_nginx: str, tmp_path: Path) -> None:
    for path, status in (("/metrics", "404"), ("/readyz", "404"), ("/healthz", "200")):
        said = subprocess.run(
            ["curl", "-sS", "--cacert", str(tmp_path / "fullchain.pem"), "-o", os.devnull, "-w", "%{http_code}",
             f"https://{behind_nginx}{path}"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert said.stdout == status, path


def answered(tmp_path: Path, url: str, *words: str) -> str:
    """Status and head, as curl prints them."""
    done = subprocess.run(
        ["curl", "-sS", "--cacert", str(tmp_path / "fullchain.pem"), "-o", os.devnull, "-D", "-", *words, url],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def test_a_page_asked_for_without_tls_leads_on_and_a_call_is_refused(behind_nginx: str, tmp_path: Path) -> None:
    found = re.search(r"listen (127\.0\.0\.1:\d+);", (tmp_path / "site.conf").read_text())
    assert found
    assert "301 Moved" in answered(tmp_path, f"http://{found[1]}/docs/")
    for path in ("/v1/devices", "/oauth/token/"):
        assert " 403 " in answered(tmp_path, f"http://{found[1]}{path}"), path


def test_every_answer_over_tls_insists_on_it_and_trace_is_none(behind_nginx: str, tmp_path: Path) -> None:
    for path, words, status in (("/docs/", (), "200"), ("/metrics", (), "404"), ("/docs/", ("-X", "TRACE"), "405")):
        said = answered(tmp_path, f"https://{behind_nginx}{path}", "--http1.1", *words)
        assert f" {status} " in said, said
        assert said.lower().count("strict-transport-security: max-age=31536000; includesubdomains") == 1, said


@pytest.mark.parametrize(
    ("newest", "ciphers", "is_taken"),
    [
        (ssl.TLSVersion.TLSv1_3, "DEFAULT", True),
        (ssl.TLSVersion.TLSv1_2, "ECDHE+AESGCM", True),
        (ssl.TLSVersion.TLSv1_2, "AES128-SHA:AES256-GCM-SHA384", False),
        (ssl.TLSVersion.TLSv1_1, "DEFAULT:@SECLEVEL=0", False),
    ],
)
def test_only_good_versions_and_ciphers_of_tls_are_spoken(behind_nginx, tmp_path, newest, ciphers, is_taken) -> None:
    host, _, port = behind_nginx.partition(":")
    context = ssl.create_default_context(cafile=str(tmp_path / "fullchain.pem"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the old version, which is tried here
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, newest
    context.set_ciphers(ciphers)

    def shake_hands() -> None:
        with socket.create_connection(("127.0.0.1", int(port)), timeout=PATIENCE) as line:
            context.wrap_socket(line, server_hostname=host).close()

    if is_taken:
        shake_hands()
    else:
        with pytest.raises(ssl.SSLError):
            shake_hands()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_finds_nothing_wrong_with_a_unit(unit: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("THE UNITS WERE NOT VERIFIED: there is no systemd-analyze here")
    for each in UNITS:
        here = each.read_text().replace("/opt/texture-portal/.venv", sys.prefix)
        here = here.replace("/opt/texture-portal", str(settings.BASE_DIR)).replace("=texture\n", "=daemon\n")
        (tmp_path / each.name).write_text(here)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name)],
        capture_output=True,
        text=True,
        check=False,
    )
    told = [line for line in done.stderr.splitlines() if unit.name in line]
    assert (done.returncode, told) == (0, [])


def test_every_variable_of_the_example_is_one_that_is_explained() -> None:
    named = re.findall(r"^(?:# )?([A-Z_]+)=", (DEPLOY / "environment.example").read_text(), re.MULTILINE)
    explained = re.findall(r"`([A-Z_]+)`", (DOCS / "operations.md").read_text())
    assert len(named) > 8
    assert set(named) <= set(explained)


def test_every_variable_of_the_settings_is_explained() -> None:
    read = re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (Path(settings.BASE_DIR) / "texture_portal/settings.py").read_text())
    guides = "".join(path.read_text() for path in DOCS.glob("*.md"))
    assert len(read) > 50
    assert [name for name in read if not re.search(rf"`{name}\b", guides)] == []


def test_every_command_that_is_told_of_exists() -> None:
    texts = [*DOCS.rglob("*.md"), *UNITS, Path(settings.BASE_DIR) / "README.md"]
    told = {name for path in texts for name in re.findall(r"manage\.py ([a-z][a-z_]+)", path.read_text())}
    assert "restore" in told
    assert told <= set(get_commands())
