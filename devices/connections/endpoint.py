"""A cloud's OAuth endpoints as they speak: tokens (RFC 6749 §5) and their revocation (RFC 7009). Nothing is kept here.

What a cloud says in words is dropped: it may hold what is personal or secret. Its error codes are mapped to ours.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode

from partners import http
from partners.webhooks.outcomes import read_retry_after

SECONDS = 15.0  # for one answer
MOST_BYTES = 64 * 1024
LONGEST_LIFE = timedelta(days=3650)
NEVER_ARRIVED = {"name_unknown", "not_reached", "tls_failed", "address_refused"}
# What clouds answer when a grant is over; the first is the standard's, the second Tesla's.
GRANT_OVER = {"invalid_grant", "login_required", "access_denied"}
CLIENT_WRONG = {"invalid_client", "unauthorized_client"}
WAIT_AND_SEE = {408, 425, 429}


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks. `proof` is one of `Cloud.ClientProof`."""

    id: str
    secret: str | None = field(repr=False)
    proof: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """`lasts` and `scopes` are None where the cloud does not say."""

    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    lasts: timedelta | None
    scopes: tuple[str, ...] | None


class EndpointError(Exception):
    """`code` is ours, and all that may be shown."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class RefusedError(EndpointError):
    """The cloud has answered, and asking again changes nothing: `grant_over`, `client_refused`, `request_refused`."""


class AwayError(EndpointError):
    """The cloud cannot answer now. `is_unsure`: it may have acted all the same."""

    def __init__(self, code: str, *, is_unsure: bool = False, pause: timedelta | None = None) -> None:
        super().__init__(code)
        self.is_unsure, self.pause = is_unsure, pause


def tokens(url: str, form: Mapping[str, str], *, client: Client, now: datetime) -> Tokens:
    """Raises `RefusedError` or `AwayError`. Never inside a transaction."""
    return _read_tokens(_post(url, form, client=client, now=now))


def revoke(url: str, token: str, *, kind: str, client: Client, now: datetime) -> None:
    """A token that the cloud does not know is as good as revoked: it answers 200 to that as well (RFC 7009 §2.2)."""
    _post(url, {"token": token, "token_type_hint": kind}, client=client, now=now)


def _post(url: str, form: Mapping[str, str], *, client: Client, now: datetime) -> http.Answer:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    whole = dict(form)
    match client.proof:
        case "client_secret_basic":
            headers["Authorization"] = _basic(client)
        case "client_secret_post":
            whole |= {"client_id": client.id, "client_secret": client.secret or ""}
        case _:
            whole["client_id"] = client.id
    try:
        http.check_url(url)
        answer = http.client().call(
            http.Request("POST", url, headers, urlencode(whole).encode(), seconds=SECONDS, most_bytes=MOST_BYTES)
        )
    except http.UrlRefusedError:
        raise RefusedError("url_refused") from None
    except http.OutboundError as fault:
        raise AwayError(fault.code, is_unsure=fault.code not in NEVER_ARRIVED) from None
    if not 200 <= answer.status < 300:
        raise _fault_of(answer, now=now)
    return answer


def _basic(client: Client) -> str:
    """Form-encoded before it is joined (RFC 6749 §2.3.1)."""
    joined = f"{quote_plus(client.id)}:{quote_plus(client.secret or '')}"
    return f"Basic {base64.b64encode(joined.encode()).decode()}"


def _fault_of(answer: http.Answer, *, now: datetime) -> EndpointError:
    if answer.status in WAIT_AND_SEE or not 400 <= answer.status < 500:
        is_unsure = answer.status not in WAIT_AND_SEE  # it failed half-way, for all we know
        pause = read_retry_after(answer.headers.get("Retry-After"), now=now)
        return AwayError(f"http_{answer.status}", is_unsure=is_unsure, pause=pause)
    said = _json_of(answer)
    code = said.get("error") if said else None
    if code in GRANT_OVER:
        return RefusedError("grant_over")
    return RefusedError("client_refused" if code in CLIENT_WRONG else "request_refused")


def _read_tokens(answer: http.Answer) -> Tokens:
    """An answer that cannot be read has perhaps used up what was sent for it."""
    said = _json_of(answer)
    access = said.get("access_token") if said else None
    if said is None or not isinstance(access, str) or not access or not _is_bearer(said):
        raise AwayError("answer_malformed", is_unsure=True)
    refresh, scope = said.get("refresh_token"), said.get("scope")
    return Tokens(
        access=access,
        refresh=refresh if isinstance(refresh, str) and refresh else None,
        lasts=_lifetime(said.get("expires_in")),
        scopes=tuple(scope.split()) if isinstance(scope, str) else None,
    )


def _is_bearer(said: dict[str, Any]) -> bool:
    return str(said.get("token_type", "bearer")).lower() == "bearer"


def _lifetime(given: Any) -> timedelta | None:
    """Some clouds write the number as a string; what is no number of seconds says nothing."""
    try:
        seconds = float(given)
    except (TypeError, ValueError):
        return None
    return min(timedelta(seconds=seconds), LONGEST_LIFE) if 0 < seconds < 1e10 else None


def _json_of(answer: http.Answer) -> dict[str, Any] | None:
    try:
        said = json.loads(answer.body)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
