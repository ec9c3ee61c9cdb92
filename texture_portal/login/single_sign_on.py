"""Staff by an identity provider (OpenID Connect): who it says they are, and the groups that it says they are in.

It is trusted to say which groups; which permissions those have stays here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import transaction

from texture_portal.login.acts import note
from texture_portal.models import Act, Identity
from texture_portal.refusals import Refusal

SECONDS = 10  # for one answer of the provider
SECOND_FACTOR_METHODS = {"mfa", "otp", "hwk", "sms", "swk", "fpt", "face"}  # of `amr` (RFC 8176): beside a password


# By the provider's public keys alone: never "none", never a secret that both know.
SIGNED_BY = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")


@dataclass(frozen=True, slots=True)
class Claims:
    issuer: str
    subject: str
    name: str
    email: str
    groups: frozenset[str]
    has_second_factor: bool
    asked_at: datetime | None  # when the provider asked who it is, where it says so


def client() -> Any:
    return _client(settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET, settings.OIDC_SCOPES)


@cache
def _client(issuer: str, client_id: str, secret: str, scopes: str) -> Any:
    """Keeps what the provider says of itself; keys that it does not know yet it asks for again."""
    return OAuth().register(
        "staff",
        client_id=client_id,
        client_secret=secret,
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": scopes, "code_challenge_method": "S256", "default_timeout": SECONDS},
    )


def about_provider() -> dict[str, Any]:
    """What it says of itself; of the algorithms that it names those that are taken. Authlib takes what stands there."""
    told: dict[str, Any] = client().load_server_metadata()
    named = told.get("id_token_signing_alg_values_supported") or ["RS256"]
    taken = [each for each in named if each in SIGNED_BY]
    if not taken:
        raise Refusal("no_good_algorithm", "The identity provider signs by nothing that can be relied upon.")
    told["id_token_signing_alg_values_supported"] = taken
    return told


def claims_of(token: Mapping[str, Any], *, now: datetime) -> Claims:
    """Of an ID token that was verified."""
    told = token["userinfo"]
    given = told.get(settings.OIDC_GROUPS_CLAIM) or []
    name = told.get("preferred_username") or told.get("email") or told["sub"]
    return Claims(
        issuer=told["iss"],
        subject=told["sub"],
        name=str(name)[:150],
        email=str(told.get("email") or "")[:254],
        groups=frozenset([given] if isinstance(given, str) else map(str, given)),
        has_second_factor=bool(SECOND_FACTOR_METHODS & set(told.get("amr") or [])),
        asked_at=_asked_at(told.get("auth_time"), now=now),
    )


def _asked_at(auth_time: float | None, *, now: datetime) -> datetime | None:
    """Never later than now, or a provider's clock that is ahead would keep a log-in fresh."""
    return min(datetime.fromtimestamp(auth_time, tz=UTC), now) if auth_time else None


def asking_anew() -> dict[str, Any]:
    """Of the authorization request. With `max_age` the ID token must say when (OpenID Connect Core 3.1.2.1)."""
    return {"prompt": "login", "max_age": settings.REAUTHENTICATE_MINUTES * 60}


def groups_for(claims: Claims) -> frozenset[str]:
    """The portal's groups that those of the claim stand for."""
    return frozenset(ours for theirs, ours in settings.OIDC_GROUPS.items() if theirs in claims.groups)


def staff_for(claims: Claims, *, now: datetime) -> User:
    """The user of that identity, made with the first log-in, in exactly the groups that the provider says."""
    refusal = None
    with transaction.atomic():
        user, names = _user_of(claims, now=now), groups_for(claims)
        if user is not None:
            _put_in_groups(user, names, now=now)
        if not names:
            refusal = Refusal("no_group", "The identity provider puts you in no group of this portal's.")
        elif user is not None and not user.is_active:
            refusal = Refusal("inactive", "Your account was deactivated here.")
        elif user is None:
            user = _new_user(claims, now=now)
            _put_in_groups(user, names, now=now)
    if refusal is not None or user is None:  # what the provider took away is taken away, even so
        raise refusal or Refusal("no_user", "There is no such account.")
    return user


def _user_of(claims: Claims, *, now: datetime) -> User | None:
    known = Identity.objects.select_related("user").filter(issuer=claims.issuer, subject=claims.subject).first()
    return known.user if known else None


def _new_user(claims: Claims, *, now: datetime) -> User:
    """A name that is taken is not handed over: or whoever chooses names at the provider would choose root."""
    if User.objects.filter(username__iexact=claims.name).exists():
        raise Refusal("name_taken", f"There is an account {claims.name!r} with a password here: ask an administrator.")
    user: User = User.objects.create_user(claims.name, email=claims.email, password=None, is_staff=True)
    Identity.objects.create(user=user, issuer=claims.issuer, subject=claims.subject, linked_at=now)
    return user


def _put_in_groups(user: User, names: frozenset[str], *, now: datetime) -> None:
    before = set(user.groups.values_list("name", flat=True))
    if before == names:
        return
    user.groups.set(Group.objects.filter(name__in=names))
    note(
        Act.What.PERMISSIONS_CHANGED, by=None, about=user.get_username(), now=now, because="identity provider",
        groups=[sorted(before), sorted(names)],
    )  # fmt: skip
