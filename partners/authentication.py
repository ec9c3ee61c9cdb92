"""Who calls: a bearer token made by /oauth/token/ names the application and its partner (contract §2.1)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from oauth2_provider.models import AccessToken

from partners import certificates
from partners.models import Application, IdempotencyRecord, Partner, SigningKey
from texture_portal import prepared
from texture_portal.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Caller:
    """`key` is the one of the partner's that the request names; `kept` what was answered to its idempotency key before,
    to whatever request."""

    application: Application
    partner: Partner
    scopes: frozenset[str]
    key: SigningKey | None
    kept: IdempotencyRecord | None

    @property
    def is_suspended(self) -> bool:
        return self.partner.status != Partner.Status.ACTIVE

    def check_status(self) -> None:
        if self.is_suspended:
            raise Refusal("partner_suspended", "The partner is suspended: ask the portal's staff.")

    def check_certified(self, *, now: datetime) -> None:
        certificates.check_certified(self.partner, now=now)

    def check_scope(self, scope: str) -> None:
        if scope not in self.scopes:
            raise Refusal("scope_insufficient", f"The token lacks the scope {scope}.")


def authenticate(
    authorization: str | None, *, key_id: UUID | None = None, idempotency_key: str | None = None, now: datetime
) -> Caller:
    """Who the bearer of the token is. The key and the idempotency key that the request names are looked up with it.

    `authorization` is the header's value; raises `token_missing` or `token_invalid`.
    """
    caller = _look_up(_bearer_token(authorization), key_id, idempotency_key, now)
    if caller is None or not caller.application.is_live(now=now):
        raise Refusal("token_invalid", "The bearer token is unknown, expired or revoked.")
    return caller


def _bearer_token(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer":
        raise Refusal("token_missing", "The request carries no bearer token in its Authorization header.")
    return token.strip()


def _look_up(token: str, key_id: UUID | None, idempotency_key: str | None, now: datetime) -> Caller | None:
    """By hand: this runs on every request, and what the ORM spends on such a join is four times as much."""
    checksum = hashlib.sha256(token.encode()).hexdigest()
    namespace = IdempotencyRecord.Namespace.REQUEST.value
    found = prepared.first_rows(_statement(), [key_id, namespace, idempotency_key, checksum, now])
    if not found:
        return None
    scope, *values = found[0]
    application, partner, key, kept = _instances(values)
    application.partner = partner
    return Caller(application, partner, frozenset(scope.split()), key, kept)


LOOKED_UP = (Application, Partner, SigningKey, IdempotencyRecord)


def _instances(values: list[Any]) -> list[Any]:
    """One of each model, None where there is none."""
    made = []
    for model in LOOKED_UP:
        width = prepared.width_of(model)
        own, values = values[:width], values[width:]
        made.append(None if own[0] is None else prepared.instance(model, own))
    return made


@cache
def _statement() -> str:
    columns = ", ".join(prepared.columns_of(model, model._meta.db_table) for model in LOOKED_UP)
    application, partner, key, kept = (model._meta.db_table for model in LOOKED_UP)
    return (  # made of names of our own tables and columns alone
        f"SELECT token.scope, {columns} FROM {AccessToken._meta.db_table} token"  # noqa: S608
        f" JOIN {application} ON {application}.id = token.application_id"
        f" JOIN {partner} ON {partner}.id = {application}.partner_id"
        f" LEFT JOIN {key} ON {key}.id = %s AND {key}.partner_id = {partner}.id"
        f" LEFT JOIN {kept} ON {kept}.partner_id = {partner}.id AND {kept}.namespace = %s AND {kept}.key = %s"
        " WHERE token.token_checksum = %s AND token.expires > %s"
    )
