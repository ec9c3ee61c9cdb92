"""Who calls: a bearer token made by /oauth/token/ names the application and its partner (contract §2.1)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import NamedTuple

from django.conf import settings
from oauth2_provider.models import AccessToken

from partners.models import Application, Partner
from texture_portal import prepared
from texture_portal.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Caller:
    application: Application
    partner: Partner
    scopes: frozenset[str]

    @property
    def is_suspended(self) -> bool:
        return self.partner.status != Partner.Status.ACTIVE

    def check_status(self) -> None:
        if self.is_suspended:
            raise Refusal("partner_suspended", "The partner is suspended: ask the portal's staff.")

    def check_certified(self, *, now: datetime) -> None:
        """Only where the portal requires it (contract §7)."""
        certified_at = self.partner.certified_at
        if settings.REQUIRE_CERTIFICATION and (certified_at is None or now < certified_at):
            raise Refusal("partner_not_certified", "This portal takes calls of certified partners only.")

    def check_scope(self, scope: str) -> None:
        if scope not in self.scopes:
            raise Refusal("scope_insufficient", f"The token lacks the scope {scope}.")


def authenticate(authorization: str | None, *, now: datetime) -> Caller:
    """`authorization` is the header's value; raises `token_missing` or `token_invalid`."""
    found = _look_up(_bearer_token(authorization))
    if found is None or found.expires <= now or not found.application.is_live(now=now):
        raise Refusal("token_invalid", "The bearer token is unknown, expired or revoked.")
    return Caller(found.application, found.application.partner, frozenset(found.scope.split()))


def _bearer_token(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer":
        raise Refusal("token_missing", "The request carries no bearer token in its Authorization header.")
    return token.strip()


class _Found(NamedTuple):
    application: Application
    scope: str
    expires: datetime


def _look_up(token: str) -> _Found | None:
    """By hand: this runs on every request, and the ORM's three-table join costs four times as much."""
    found = prepared.first_rows(_statement(), [hashlib.sha256(token.encode()).hexdigest()])
    if not found:
        return None
    scope, expires, *values = found[0]
    width = prepared.width_of(Application)
    application = prepared.instance(Application, values[:width])
    application.partner = prepared.instance(Partner, values[width:])
    return _Found(application, scope, expires)


@cache
def _statement() -> str:
    columns = f"{prepared.columns_of(Application, 'application')}, {prepared.columns_of(Partner, 'partner')}"
    return (  # made of names of our own tables and columns alone
        f"SELECT token.scope, token.expires, {columns} FROM {AccessToken._meta.db_table} token"  # noqa: S608
        f" JOIN {Application._meta.db_table} application ON application.id = token.application_id"
        f" JOIN {Partner._meta.db_table} partner ON partner.id = application.partner_id"
        " WHERE token.token_checksum = %s"
    )
