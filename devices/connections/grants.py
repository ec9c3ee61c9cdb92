"""A person grants access at the cloud, in a browser: OAuth 2.0, authorization code with PKCE (§3.1).

The page that sends the browser away calls `begin`, the page that it comes back to calls `complete`; the pages are the
caller's. What comes back counts only in the browser that was sent, at the very address that the cloud was told,
from the cloud that was asked, once, and within ten minutes.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.db import connection as database
from django.db import transaction

from devices.connections import endpoint, renewal
from devices.connections.record import save_on_record
from devices.models import Cloud, Connection, GrantRequest
from partners.models import Customer
from texture_portal.actors import Actor
from texture_portal.refusals import Refusal

LASTS = timedelta(minutes=10)
Grantor, Way, Status = Connection.Grantor, Connection.Way, Connection.Status
# Why nothing was granted, in words for the person in front of the browser.
REASONS = {
    "access_denied": "You said no: nothing was linked.",
    "state_unknown": "This answer belongs to no question of ours. Begin again.",
    "browser_differs": "This was begun in another browser. Begin again in this one.",
    "used": "This answer was used before. Begin again.",
    "expired": "It took longer than ten minutes. Begin again.",
    "issuer_differs": "The answer did not come from the company that was asked. Begin again.",
    "address_differs": "The answer came to another address than was agreed. Begin again.",
    "refused": "The company did not grant access. Begin again, or ask it why.",
    "away": "The company's service does not answer just now. Try again later.",
}


class GrantFailedError(Exception):
    """`code` is one of `REASONS`; nothing was granted."""

    def __init__(self, code: str) -> None:
        super().__init__(REASONS[code])
        self.code = code


@dataclass(frozen=True, slots=True)
class Begun:
    """`url` is where the browser goes; it holds the `state`, so it is for that browser's eyes only."""

    request_id: UUID
    url: str = field(repr=False)


@transaction.atomic
def begin(
    cloud: Cloud,
    *,
    redirect_uri: str,
    browser: str,
    customer: Customer | None = None,
    renews: Connection | None = None,
    is_provisional: bool = False,
    now: datetime,
) -> Begun:
    """`browser`: a secret that only this browser's session holds. `customer`: the end user's; None: a fleet owner's.

    `renews`: the connection that is linked again. `is_provisional`: until `adopting.adopt` it is used for nothing but
    to look. Raises `Refusal` where the cloud cannot be asked like that.
    """
    _check(cloud, redirect_uri=redirect_uri, customer=customer, renews=renews)
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    request = GrantRequest(
        cloud=cloud,
        grantor=Grantor.FLEET if customer is None else Grantor.END_USER,
        customer=customer,
        renews=renews,
        state_digest=_digest(state),
        browser_digest=_digest(browser),
        redirect_uri=redirect_uri,
        scopes=cloud.scopes,
        is_provisional=is_provisional,
        asked_at=now,
        expires_at=now + LASTS,
    )
    request.set_verifier(verifier)
    request.save()
    return Begun(request.pk, _url(request, state=state, verifier=verifier))


def complete(answer: Mapping[str, str], *, redirect_uri: str, browser: str, now: datetime, by: Actor) -> Connection:
    """`answer`: the query with which the browser came back to `redirect_uri`. Call it outside any transaction.

    Raises `GrantFailedError`.
    """
    if database.in_atomic_block:
        raise RuntimeError("a cloud is not asked inside a transaction")
    request, verifier = _take(answer, redirect_uri=redirect_uri, browser=browser, now=now)
    if request.outcome:
        raise GrantFailedError(request.outcome)
    tokens = _exchange(request, code=answer["code"], verifier=verifier, now=now)
    return _keep(request, tokens, now=now, by=by)


def run_out(request: GrantRequest, *, now: datetime) -> None:
    """Its time is over early: who is at the cloud's page comes back too late."""
    request.expires_at = now
    request.save(update_fields=["expires_at"])


def purge(*, now: datetime) -> int:
    """Questions that nobody answered, and answers of long ago."""
    GrantRequest.objects.filter(expires_at__lt=now - timedelta(days=30)).delete()
    return 0


def _check(cloud: Cloud, *, redirect_uri: str, customer: Customer | None, renews: Connection | None) -> None:
    if not (cloud.authorize_url and cloud.token_url and cloud.client_id):
        raise Refusal("state_conflict", "This cloud has no authorize URL, token URL or client id: set them first.")
    if not cloud.issuer and str(cloud.pk) not in redirect_uri:
        # Without `iss` only an address of its own tells one cloud's answers from another's (RFC 9700 §4.4.2).
        raise Refusal("state_conflict", "This cloud does not name itself: its redirect URI must hold the cloud's id.")
    if customer is not None and customer.partner_id != cloud.partner_id:
        raise Refusal("state_conflict", "The customer is another partner's than the cloud.")
    if renews is not None and (renews.cloud_id != cloud.pk or renews.customer_id != (customer and customer.pk)):
        raise Refusal("state_conflict", "The connection is another cloud's or another customer's.")
    if renews is not None and renews.status == Status.REVOKED:
        raise Refusal("state_conflict", "The connection is revoked: a new grant makes a new one.")


def _url(request: GrantRequest, *, state: str, verifier: str) -> str:
    cloud = request.cloud
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {
        **cloud.authorize_parameters,
        "response_type": "code",
        "client_id": cloud.client_id,
        "redirect_uri": request.redirect_uri,
        "scope": " ".join(request.scopes),
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    joint = "&" if "?" in cloud.authorize_url else "?"
    return f"{cloud.authorize_url}{joint}{urlencode(asked)}"


@transaction.atomic
def _take(answer: Mapping[str, str], *, redirect_uri: str, browser: str, now: datetime) -> tuple[GrantRequest, str]:
    """Used up from here on, whatever comes of it: a code is sent to the cloud once."""
    rows = GrantRequest.objects.select_related("cloud", "customer", "renews").select_for_update(of=("self",))
    request = rows.filter(state_digest=_digest(answer.get("state", ""))).first()
    if request is None:
        raise GrantFailedError("state_unknown")
    if not hmac.compare_digest(bytes(request.browser_digest), _digest(browser)):
        raise GrantFailedError("browser_differs")
    verifier = request.verifier()
    if request.used_at is not None or verifier is None:
        raise GrantFailedError("used")
    request.outcome = _fault_of(answer, request, redirect_uri=redirect_uri, now=now)
    request.used_at = now
    request.set_verifier(None)
    request.save(update_fields=["outcome", "used_at", "sealed_verifier"])
    return request, verifier


def _fault_of(answer: Mapping[str, str], request: GrantRequest, *, redirect_uri: str, now: datetime) -> str:
    """Who speaks comes first: what a stranger says counts for nothing, his errors neither."""
    if request.cloud.issuer and answer.get("iss") != request.cloud.issuer:
        return "issuer_differs"
    if redirect_uri != request.redirect_uri:
        return "address_differs"
    if now >= request.expires_at:
        return "expired"
    if "error" in answer:
        return "access_denied" if answer["error"] == "access_denied" else "refused"
    return "" if answer.get("code") else "refused"


def _exchange(request: GrantRequest, *, code: str, verifier: str, now: datetime) -> endpoint.Tokens:
    cloud = request.cloud
    form = {
        **cloud.token_parameters,
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": request.redirect_uri,
        "code_verifier": verifier,
    }
    client = endpoint.Client(cloud.client_id, cloud.client_secret, cloud.client_proof)
    try:
        return endpoint.tokens(cloud.token_url, form, client=client, now=now)
    except endpoint.EndpointError as fault:
        request.outcome = fault.code
        request.save(update_fields=["outcome"])
        raise GrantFailedError("away" if isinstance(fault, endpoint.AwayError) else "refused") from fault


@transaction.atomic
def _keep(request: GrantRequest, tokens: endpoint.Tokens, *, now: datetime, by: Actor) -> Connection:
    """In the connection that is linked again, or in a new one."""
    row = renewal.hold(request.renews) if request.renews is not None else None
    if row is None or row.status == Status.REVOKED:
        row = Connection(
            cloud=request.cloud, grantor=request.grantor, way=Way.AUTHORIZATION_CODE, customer=request.customer,
            is_provisional=request.is_provisional,
        )  # fmt: skip
    row.granted_at, row.scopes = now, request.scopes
    row.set_secret("sealed_refresh_token", None)  # an old one is not the new grant's
    renewal.mend(row)
    renewal.keep_tokens(row, tokens, now=now)
    save_on_record(row, by=by, reason="granted in a browser")
    request.connection, request.outcome = row, "granted"
    request.save(update_fields=["connection", "outcome"])
    return row


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
