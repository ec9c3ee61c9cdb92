"""What every answer says to browsers and caches, and what production insists on."""

import secrets

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.portal.test_settings import PUBLIC
from texture_portal.content_security import PERMISSIONS

pytestmark = pytest.mark.django_db

PAGES = (
    "/",
    "/docs/",
    "/docs/try",
    "/status/",
    "/link/",
    "/account/",
    "/admin/login/",
    "/healthz",
    "/v1/devices",
    "/oauth/token/",
)


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_has_its_headers(path):
    headers = Client().get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Permissions-Policy"] == PERMISSIONS
    assert "camera=()" in PERMISSIONS
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy["frame-ancestors"] == "'none'"
    assert policy["default-src"] in ("'none'", "'self'")


def test_pages_for_everybody_run_no_script_but_the_portals_own():
    for path in ("/docs/", "/docs/try", "/status/", "/link/", "/account/"):
        policy = Client().get(path).headers["Content-Security-Policy"]
        assert "unsafe" not in policy, path


def test_what_the_api_answers_is_kept_by_no_cache():
    for path in ("/v1/devices", "/v1/nothing"):
        assert Client().get(path).headers["Cache-Control"] == "no-store", path
    assert "max-age" in Client().get("/v1/openapi.json").headers["Cache-Control"], "it is for everybody"


def test_cookies_are_for_this_site_alone(settings):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    User.objects.create_superuser("rita", password="correct horse battery")
    client = Client()
    client.get("/admin/login/", secure=True)
    client.post("/admin/login/", {"username": "rita", "password": "correct horse battery"}, secure=True)
    session, csrf = client.cookies["sessionid"], client.cookies["csrftoken"]
    assert (session["secure"], session["httponly"], session["samesite"]) == (True, True, "Lax")
    assert (csrf["secure"], csrf["samesite"]) == (True, "Lax")


def test_production_insists_on_tls(settings):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    client = Client()
    for path in ("/", "/v1/devices", "/admin/", "/link/"):
        answer = client.get(path)
        assert (answer.status_code, answer.url) == (301, f"https://testserver{path}"), path
    told = client.get("/docs/", secure=True).headers["Strict-Transport-Security"]
    assert told == "max-age=31536000; includeSubDomains; preload"
    assert client.get("/healthz").status_code == 200, "asked for inside"


def test_the_deployment_check_has_nothing_to_say(manage):
    done = manage("check", "--deploy", "--fail-level", "WARNING", **PUBLIC | {"SECRET_KEY": secrets.token_urlsafe(48)})
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout
