"""The OAuth endpoints: discovery (RFC 8414), authorization with `iss` (RFC 9207), token, revocation (RFC 7009)."""

import hmac
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus, urlencode

from aiohttp import web

from partners.sandbox.cloud import CLOUD, Cloud
from partners.sandbox.oauth import outcomes
from partners.sandbox.oauth.clients import SCOPES, Client
from partners.sandbox.oauth.consent import HEADERS, consent_page, fault_page
from partners.sandbox.oauth.grants import CODE_SECONDS, Grant, GrantError, Pair

UNCACHED = {"Cache-Control": "no-store"}


async def discovery(request: web.Request) -> web.Response:
    issuer = request.app[CLOUD].issuer
    return web.json_response({
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    })  # fmt: skip


async def ask(request: web.Request) -> web.Response:
    """GET /oauth/authorize: shows the page, and changes nothing."""
    asked = _texts(request.query)
    client = _checked_client(request.app[CLOUD], asked)
    if isinstance(client, web.Response):
        return client
    if fault := _fault_of(asked):
        return _back(request.app[CLOUD], asked, error=fault[0], error_description=fault[1])
    return _html(consent_page(asked, client=client.id, scopes=_scopes(asked)))


async def decide(request: web.Request) -> web.Response:
    """POST /oauth/authorize: the account's holder proves who they are, and says yes or no."""
    cloud, asked = request.app[CLOUD], _texts(await request.post())
    client = _checked_client(cloud, asked)
    if isinstance(client, web.Response):
        return client
    if fault := _fault_of(asked):
        return _back(cloud, asked, error=fault[0], error_description=fault[1])
    if asked.get("decision") != "allow":
        return _back(cloud, asked, error="access_denied", error_description="The account's holder said no.")
    account = asked.get("account", "")
    is_right = hmac.compare_digest(asked.get("password", "").encode(), cloud.password.encode())
    if account not in (*cloud.accounts, *outcomes.OUTCOMES) or not is_right:
        page = consent_page(asked, client=client.id, scopes=_scopes(asked), fault="There is no such account.")
        return _html(page, status=401)
    if account == outcomes.DENIED:
        return _back(cloud, asked, error="access_denied", error_description="The account's holder said no.")
    grant, now = Grant(client.id, _scopes(asked), account=account), cloud.clock.now()
    began = now - CODE_SECONDS if account == outcomes.REFUSED else now
    code = cloud.grants.code_for(
        grant, redirect_uri=asked["redirect_uri"], challenge=asked["code_challenge"], now=began
    )
    return _back(cloud, asked, code=code)


async def token(request: web.Request) -> web.Response:
    cloud, form = request.app[CLOUD], _texts(await request.post())
    client = _authenticated(cloud, request, form)
    if client is None:
        return _refused("invalid_client", "Client id or secret is wrong.", status=401)
    try:
        return _pair(_granted(cloud, client, form))
    except GrantError as fault:
        return _refused(fault.code, str(fault))


async def revoke(request: web.Request) -> web.Response:
    cloud, form = request.app[CLOUD], _texts(await request.post())
    client = _authenticated(cloud, request, form)
    if client is None:
        return _refused("invalid_client", "Client id or secret is wrong.", status=401)
    cloud.grants.revoke(form.get("token", ""), client_id=client.id)
    return web.Response(headers=UNCACHED)


def _granted(cloud: Cloud, client: Client, form: dict[str, str]) -> Pair:
    now = cloud.clock.now()
    match form.get("grant_type"):
        case "authorization_code":
            if cloud.grants.account_of(form.get("code", "")) == outcomes.DOWN:
                raise outcomes.away()
            return cloud.grants.redeem(
                form.get("code", ""), client_id=client.id, redirect_uri=form.get("redirect_uri", ""),
                verifier=form.get("code_verifier", ""), now=now,
            )  # fmt: skip
        case "refresh_token":
            scopes = form.get("scope", "").split()
            return cloud.grants.refresh(form.get("refresh_token", ""), client_id=client.id, scopes=scopes, now=now)
        case "client_credentials":
            wanted = form.get("scope", "").split() or [scope for scope in SCOPES if scope != "offline_access"]
            if not set(wanted) <= set(SCOPES):
                raise GrantError("invalid_scope", f"There are {', '.join(SCOPES)}.")
            grant = Grant(client.id, tuple(wanted), program=client.program)
            return cloud.grants.issue(grant, now=now, refreshable=False)
    raise GrantError("unsupported_grant_type", "Ask for authorization_code, refresh_token or client_credentials.")


def _checked_client(cloud: Cloud, asked: dict[str, str]) -> Client | web.Response:
    """Who is not known, or wants to be sent elsewhere, is told here and never redirected (RFC 6749 §4.1.2.1)."""
    client = cloud.clients.known.get(asked.get("client_id", ""))
    if client is None:
        return _html(fault_page("This application is not known."), status=400)
    if not client.returns_to(asked.get("redirect_uri", "")):
        return _html(fault_page("This application did not register that address to come back to."), status=400)
    return client


def _fault_of(asked: dict[str, str]) -> tuple[str, str] | None:
    if asked.get("response_type") != "code":
        return "unsupported_response_type", "response_type must be code."
    if asked.get("code_challenge_method") != "S256" or len(asked.get("code_challenge", "")) != 43:
        return "invalid_request", "PKCE is required: a code_challenge by S256."
    if not set(asked.get("scope", "").split()) <= set(SCOPES):
        return "invalid_scope", f"There are {', '.join(SCOPES)}."
    return None


def _scopes(asked: dict[str, str]) -> tuple[str, ...]:
    return tuple(asked.get("scope", "").split()) or SCOPES


def _back(cloud: Cloud, asked: dict[str, str], **answer: str) -> web.Response:
    state = {"state": asked["state"]} if "state" in asked else {}
    joint = "&" if "?" in asked["redirect_uri"] else "?"
    target = f"{asked['redirect_uri']}{joint}{urlencode({**answer, **state, 'iss': cloud.issuer})}"
    return web.Response(status=303, headers={**HEADERS, "Location": target})


def _authenticated(cloud: Cloud, request: web.Request, form: dict[str, str]) -> Client | None:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return cloud.clients.proved(form.get("client_id"), form.get("client_secret"))
    try:
        name, _, secret = b64decode(value, validate=True).decode().partition(":")
    except (NotBase64, UnicodeDecodeError):
        return None
    return cloud.clients.proved(unquote_plus(name), unquote_plus(secret))


def _pair(pair: Pair) -> web.Response:
    told: dict[str, Any] = {"access_token": pair.access, "token_type": "Bearer", "expires_in": pair.expires_in}
    told |= {"scope": " ".join(pair.scopes)} | ({"refresh_token": pair.refresh} if pair.refresh else {})
    return web.json_response(told, headers=UNCACHED)


def _refused(code: str, description: str, *, status: int = 400) -> web.Response:
    headers = {**UNCACHED, "WWW-Authenticate": 'Basic realm="sandbox"'} if status == 401 else UNCACHED
    return web.json_response({"error": code, "error_description": description}, status=status, headers=headers)


def _html(page: str, *, status: int = 200) -> web.Response:
    return web.Response(text=page, content_type="text/html", status=status, headers=HEADERS)


def _texts(form: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}
