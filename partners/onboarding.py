"""Taking a partner on, and its keys and clients: made here, shown once, never shown again (contract §2)."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction

from partners import algorithms, webhooks
from partners.limits import LEAST_A_SECOND, MOST_A_SECOND, Category
from partners.models import Application, Partner, SigningKey
from partners.models.partner import same_name
from partners.record import save_on_record
from partners.scopes import SCOPES
from partners.webhooks import endpoints
from texture_portal.actors import Actor
from texture_portal.clock import to_wire
from texture_portal.refusals import Refusal

SECRET_BYTES = 32


class OnboardingError(Exception):
    """What was asked for cannot be; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """`private_key_pem` or `secret` is there where the portal made the key; neither where the partner gave its own."""

    key: SigningKey
    private_key_pem: str | None = None
    secret: bytes | None = None


@dataclass(frozen=True, slots=True)
class NewClient:
    application: Application
    secret: str


@dataclass(frozen=True, slots=True)
class Onboarded:
    partner: Partner
    client: NewClient
    key: NewKey


@transaction.atomic
def create_partner(
    name: str,
    *,
    kind: str,
    now: datetime,
    by: Actor,
    algorithm: str = algorithms.ED25519,
    public_key_pem: str | None = None,
    manufacturers: tuple[str, ...] = (),
    redirect_urls: tuple[str, ...] = (),
    scopes: tuple[str, ...] = tuple(SCOPES),
    environment: str = Partner.Environment.SANDBOX,
) -> Onboarded:
    """Raises `OnboardingError` for a name that is taken, an unknown scope, a bad URL or a key that cannot be used."""
    if settings.SANDBOX and environment == Partner.Environment.PRODUCTION:
        raise OnboardingError("Nobody is in production in a sandbox. Remedy: leave the environment out.")
    name = _free_name(name)
    for url in redirect_urls:
        _check_redirect_url(url)
    partner = Partner(
        name=name,
        kind=kind,
        environment=environment,
        manufacturers=list({same_name(made): made.strip() for made in manufacturers}.values()),
        redirect_urls=list(redirect_urls),
    )
    save_on_record(partner, by=by, reason="taken on")
    client = add_application(partner, scopes=scopes)
    key = add_signing_key(partner, now=now, algorithm=algorithm, public_key_pem=public_key_pem)
    return Onboarded(partner, client, key)


def add_application(partner: Partner, *, scopes: tuple[str, ...] = tuple(SCOPES)) -> NewClient:
    """One more OAuth client beside those that the partner has."""
    if unknown := [scope for scope in scopes if scope not in SCOPES]:
        raise OnboardingError(f"There is no scope {', '.join(unknown)}. Remedy: choose from {', '.join(SCOPES)}.")
    secret = secrets.token_urlsafe(SECRET_BYTES)
    application = Application.objects.create(
        partner=partner,
        name=partner.name,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
        client_secret=secret,
        scopes=list(scopes),
    )
    return NewClient(application, secret)


def add_signing_key(
    partner: Partner, *, now: datetime, algorithm: str = algorithms.ED25519, public_key_pem: str | None = None
) -> NewKey:
    """One more key beside those that the partner has; the algorithm of a given public key is its own."""
    if public_key_pem is not None:
        return _partners_own_key(partner, public_key_pem, now=now)
    if algorithm == algorithms.HMAC_SHA256:
        secret = secrets.token_bytes(SECRET_BYTES)
        key = SigningKey(partner=partner, algorithm=algorithm, not_before=now)
        key.set_secret(secret)
        key.save()
        return NewKey(key, secret=secret)
    return _made_key_pair(partner, algorithm, now=now)


@transaction.atomic
def revoke_signing_key(key: SigningKey, *, now: datetime, by: Actor, reason: str) -> None:
    """Requests signed with it are refused from now on; what it signed before stays proved."""
    held = SigningKey.objects.select_for_update().get(pk=key.pk)
    if held.revoked_at is not None and held.revoked_at <= now:
        raise Refusal("state_conflict", "The key is revoked already.")
    held.revoked_at = now
    held.save(update_fields=["revoked_at"])
    save_on_record(held.partner, by=by, reason=f"signing key {held.pk} revoked: {reason}")


@transaction.atomic
def revoke_application(application: Application, *, now: datetime, by: Actor, reason: str) -> None:
    """Its tokens end with it."""
    held = Application.objects.select_for_update(of=("self",)).get(pk=application.pk)
    if held.revoked_at is not None and held.revoked_at <= now:
        raise Refusal("state_conflict", "The client is revoked already.")
    held.revoked_at = now
    held.save(update_fields=["revoked_at"])
    save_on_record(held.partner, by=by, reason=f"OAuth client {held.client_id} revoked: {reason}")


@transaction.atomic
def rotate_in_signing_key(
    partner: Partner, *, algorithm: str, public_key_pem: str | None, now: datetime, by: Actor
) -> NewKey:
    """One more key, on the partner's record. Raises `OnboardingError`."""
    made = add_signing_key(partner, now=now, algorithm=algorithm, public_key_pem=public_key_pem)
    save_on_record(partner, by=by, reason=f"signing key {made.key.pk} added")
    return made


@transaction.atomic
def rotate_in_application(partner: Partner, *, scopes: tuple[str, ...], by: Actor) -> NewClient:
    """One more OAuth client, on the partner's record. Raises `OnboardingError`."""
    made = add_application(partner, scopes=scopes)
    save_on_record(partner, by=by, reason=f"OAuth client {made.application.client_id} added")
    return made


@transaction.atomic
def change_status(partner: Partner, status: Partner.Status, *, now: datetime, by: Actor, reason: str) -> Partner:
    """A suspended partner is told by webhook, an ended one of nothing any more.

    Raises `Refusal` where that is its status already, or it has ended.
    """
    held = Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    if held.status in (status, Partner.Status.ENDED):
        raise Refusal("state_conflict", f"The partner is {held.get_status_display().lower()}.")
    held.status = status
    save_on_record(held, by=by, reason=reason)
    if status == Partner.Status.SUSPENDED:
        told = {"partnerId": held.pk, "status": str(held.status), "suspendedAt": to_wire(now)}
        webhooks.announce(partner=held, type="partner.suspended", data=lambda: told, now=now)
    if status == Partner.Status.ENDED:
        for endpoint in held.webhook_endpoints.shown().filter(disabled_at=None):
            endpoints.disable(endpoint, now=now, by=by, reason="the partner has ended")
    return held


@transaction.atomic
def raise_limit(partner: Partner, category: Category, *, a_second: int, by: Actor, reason: str) -> Partner:
    """To so many requests a second, or back to what its portfolio gives it. Raises `Refusal` where that is less than
    the contract's (§8)."""
    if not LEAST_A_SECOND <= a_second <= MOST_A_SECOND:
        raise Refusal("validation_failed", f"A limit is from {LEAST_A_SECOND} to {MOST_A_SECOND} requests a second.")
    held = Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    held.raised_limits[category.value] = a_second
    save_on_record(held, by=by, reason=reason)
    return held


def _free_name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 255 or not name.isprintable():
        raise OnboardingError("A partner's name has 1 to 255 printable characters. Remedy: give another name.")
    if Partner.objects.filter(name__iexact=name).exists():
        raise OnboardingError(
            f"There is a partner named {name!r} already. Remedy: give another name, "
            "or add a key to that one with rotate_partner_key."
        )
    return name


def _check_redirect_url(url: str) -> None:
    """https, and http where the settings take it (contract §9)."""
    schemes = ["https", "http"] if settings.ACCEPT_HTTP_URLS else ["https"]
    try:
        URLValidator(schemes=schemes)(url)
    except ValidationError as fault:
        raise OnboardingError(
            f"{url!r} cannot be redirected to. Remedy: give a complete URL that begins with {schemes[0]}://."
        ) from fault


def _partners_own_key(partner: Partner, pem: str, *, now: datetime) -> NewKey:
    try:
        public = algorithms.load_public_key(pem)
    except algorithms.UnusableKeyError as fault:
        raise OnboardingError(
            f"The public key cannot be used: {fault}. Remedy: give an Ed25519 or P-256 public key as PEM, "
            "for example from `openssl pkey -in private.pem -pubout`."
        ) from fault
    key = SigningKey.objects.create(
        partner=partner,
        algorithm=algorithms.algorithm_of(public),
        public_key_pem=_public_pem(public),
        supplied_by_partner=True,
        not_before=now,
    )
    return NewKey(key)


def _made_key_pair(partner: Partner, algorithm: str, *, now: datetime) -> NewKey:
    private: Ed25519PrivateKey | EllipticCurvePrivateKey
    if algorithm == algorithms.ED25519:
        private = Ed25519PrivateKey.generate()
    elif algorithm == algorithms.ECDSA_P256:
        private = generate_private_key(SECP256R1())
    else:
        known = ", ".join(SigningKey.Algorithm.values)
        raise OnboardingError(f"There is no algorithm {algorithm!r}. Remedy: choose from {known}.")
    key = SigningKey.objects.create(
        partner=partner, algorithm=algorithm, public_key_pem=_public_pem(private.public_key()), not_before=now
    )
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return NewKey(key, private_key_pem=pem)


def _public_pem(public: algorithms.PublicKey) -> str:
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
