"""Who calls: a bearer token made by /oauth/token/ names the application and its partner (contract §2.1)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F

from partners.models import Application, Partner
from texture_portal.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Caller:
    application: Application
    partner: Partner
    scopes: frozenset[str]

    def check_status(self) -> None:
        if self.partner.status != Partner.Status.ACTIVE:
            raise Refusal("partner_suspended", "The partner is suspended: ask the portal's staff.")

    def check_scope(self, scope: str) -> None:
        if scope not in self.scopes:
            raise Refusal("scope_insufficient", f"The token lacks the scope {scope}.")


def authenticate(authorization: str | None, *, now: datetime) -> Caller:
    """`authorization` is the header's value; raises `token_missing` or `token_invalid`."""
    application: Any = _application_of(_bearer_token(authorization))
    if application is None or application.token_expires <= now or not application.is_live(now=now):
        raise Refusal("token_invalid", "The bearer token is unknown, expired or revoked.")
    return Caller(application, application.partner, frozenset(application.token_scope.split()))


def _bearer_token(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer":
        raise Refusal("token_missing", "The request carries no bearer token in its Authorization header.")
    return token.strip()


def _application_of(token: str) -> Application | None:
    checksum = hashlib.sha256(token.encode()).hexdigest()
    found: Application | None = (
        Application.objects.filter(accesstoken__token_checksum=checksum)
        .select_related("partner")
        .annotate(token_expires=F("accesstoken__expires"), token_scope=F("accesstoken__scope"))
        .first()
    )
    return found
