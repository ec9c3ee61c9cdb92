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
    "/static/people/people.css",
    "/docs/flow.svg",
)


def told(path, **headers):
    answer = Client().get(path, headers=headers)
    if answer.streaming:  # a file, which is closed at its end
        assert b"".join(answer)
    return answer.headers


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_has_its_headers(path):
    headers = told(path)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Permissions-Policy"] == PERMISSIONS
    assert "camera=()" in PERMISSIONS
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy["frame-ancestors"] == "'none'"
    assert policy["default-src"] in ("'none'", "'self'")
    assert (policy["object-src"], policy["base-uri"]) == ("'none'", "'none'")


@pytest.mark.parametrize("path", PAGES)
def test_text_says_in_which_letters(path):
    kind = told(path).get("Content-Type", "")
    assert "charset=" in kind or not (kind.startswith("text/") or kind.endswith("xml")), kind


def test_pages_for_everybody_run_no_script_but_the_portals_own():
    for path in ("/docs/", "/docs/try", "/status/", "/link/", "/account/"):
        policy = Client().get(path).headers["Content-Security-Policy"]
        assert "unsafe" not in policy, path


def test_what_the_api_answers_is_kept_by_no_cache():
    for path in ("/v1/devices", "/v1/nothing"):
        assert Client().get(path).headers["Cache-Control"] == "no-store", path
    assert "max-age" in Client().get("/v1/openapi.json").headers["Cache-Control"], "it is for everybody"


def test_what_staff_and_visitors_are_shown_is_kept_by_no_browser():
    staff = Client()
    staff.force_login(User.objects.create_superuser("rita", password=None))
    for path in ("/admin/", "/admin/auth/user/", "/admin/nothing/", "/admin/jsi18n/"):
        assert "no-store" in staff.get(path).headers["Cache-Control"], path
    for path in ("/link/", "/account/"):
        assert "no-store" in Client().get(path).headers["Cache-Control"], path


@pytest.mark.parametrize("path", ["/admin/logout/", "/account/out/"])
def test_a_log_out_has_browsers_forget_what_they_could_go_back_to(path):
    staff = Client()
    staff.force_login(User.objects.create_superuser("rita", password=None))
    assert staff.post(path).headers["Clear-Site-Data"] == '"cache"'


@pytest.mark.parametrize("path", PAGES)
def test_nobody_elsewhere_reads_an_answer_by_a_script(path):
    headers = told(path, origin="https://evil.example")
    assert not [name for name in headers if name.startswith("Access-Control-")]
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_cookies_are_for_this_site_alone(settings):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    User.objects.create_superuser("rita", password="correct horse battery")
    client = Client()
    client.get("/admin/login/", secure=True)
    client.post("/admin/login/", {"username": "rita", "password": "correct horse battery"}, secure=True)
    session, csrf = client.cookies["sessionid"], client.cookies["csrftoken"]
    assert (session["secure"], session["httponly"], session["samesite"]) == (True, True, "Lax")
    assert (csrf["secure"], csrf["httponly"], csrf["samesite"]) == (True, True, "Lax")


def test_every_cookie_of_production_is_bound_to_its_host(manage, settings):
    said = manage("diffsettings", **PUBLIC).stdout
    for name in ("SESSION_COOKIE_NAME = '__Host-sessionid'", "CSRF_COOKIE_NAME = '__Host-csrftoken'"):
        assert name in said
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    settings.COOKIE_PREFIX, settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE = "__Host-", True, True
    User.objects.create_superuser("rita", password="correct horse battery")
    client = Client()
    client.get("/account/?language=es", secure=True)
    client.get("/admin/login/", secure=True)
    client.post("/admin/login/", {"username": "rita", "password": "correct horse battery"}, secure=True)
    assert len(client.cookies) == 3
    for name, cookie in client.cookies.items():
        assert name.startswith("__Host-")
        assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", ""), name


def test_a_message_to_staff_is_in_no_cookie(settings):
    staff = Client()
    staff.force_login(User.objects.create_superuser("rita", password=None))
    answer = staff.post("/admin/auth/group/add/", {"name": "Friends of Ana"})
    assert answer.status_code == 302
    assert not [name for name, cookie in staff.cookies.items() if "Friends" in cookie.value]
    assert "Friends of Ana" in staff.get("/admin/auth/group/").content.decode()


def test_production_insists_on_tls(settings):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    client = Client()
    for path in ("/", "/docs/", "/admin/", "/link/"):
        answer = client.get(path)
        assert (answer.status_code, answer.url) == (301, f"https://testserver{path}"), path
    told = client.get("/docs/", secure=True).headers["Strict-Transport-Security"]
    assert told == "max-age=31536000; includeSubDomains; preload"
    assert client.get("/healthz").status_code == 200, "asked for inside"


def test_the_api_leads_nobody_on_who_asks_without_tls(settings):
    """A client that is led on goes on sending its token in the clear, and nobody notices."""
    settings.SECURE_SSL_REDIRECT = True
    answer = Client().get("/v1/devices")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
    assert "https" in answer.json()["detail"]
    assert answer.headers["X-Request-ID"]
    token = Client().post("/oauth/token/", {"grant_type": "client_credentials"})
    assert (token.status_code, token.json()["error"]) == (400, "invalid_request")
    assert Client().get("/v1/openapi.json", secure=True).status_code == 200


def test_the_deployment_check_has_nothing_to_say(manage):
    done = manage("check", "--deploy", "--fail-level", "WARNING", **PUBLIC | {"SECRET_KEY": secrets.token_urlsafe(48)})
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout
