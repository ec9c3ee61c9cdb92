"""The buttons of a partner: its status, and its keys and clients. What is made is shown once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User

from partners import onboarding, rotation
from partners.admin.forms import EndClientForm, EndKeyForm, LimitForm, NewClientForm, NewKeyForm
from partners.credentials import client_members, key_members
from partners.limits import Category
from partners.models import Partner
from partners.onboarding import OnboardingError
from texture_portal.actors import Actor, staff
from texture_portal.console.verbs import ShownOnce, Verb
from texture_portal.refusals import Refusal

KEYS = "partners.rotate_signingkey"
CLIENTS = "partners.rotate_application"


def _by(user: User) -> Actor:
    return staff(user_id=user.pk, name=user.get_username())


def _status_verb(name: str, title: str, explains: str, status: Partner.Status, fits_from: str) -> Verb:
    def change(partner: Partner, given: dict[str, Any], now: datetime, user: User) -> str:
        onboarding.change_status(partner, status, now=now, by=_by(user), reason=given["reason"])
        return f"{partner} is now {status.label.lower()}."

    return Verb(
        name,
        title,
        explains,
        "partners.change_partner",
        change,
        fits=lambda partner: partner.status in fits_from.split(),
        is_final=status == Partner.Status.ENDED,
    )


def _add_key(partner: Partner, given: dict[str, Any], now: datetime, user: User) -> ShownOnce:
    made = _made(
        lambda: rotation.rotate_signing_key(
            partner,
            algorithm=given["algorithm"],
            public_key_pem=given["public_key_pem"] or None,
            overlap=_overlap(given),
            now=now,
            by=_by(user),
        )
    )
    return ShownOnce(f"A signing key of {partner}", key_members(made))


def _add_client(partner: Partner, given: dict[str, Any], now: datetime, user: User) -> ShownOnce:
    made = _made(
        lambda: rotation.rotate_client(
            partner, scopes=tuple(given["scopes"]), overlap=_overlap(given), now=now, by=_by(user)
        )
    )
    return ShownOnce(f"An OAuth client of {partner}", client_members(made))


def _overlap(given: dict[str, Any]) -> timedelta | None:
    days = given["old_end_in_days"]
    return None if days is None else timedelta(days=days)


def _made(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except OnboardingError as fault:
        raise Refusal("validation_failed", str(fault)) from fault


def _end_key(partner: Partner, given: dict[str, Any], now: datetime, user: User) -> str:
    onboarding.revoke_signing_key(given["key"], now=now, by=_by(user), reason=given["reason"])
    return f"The signing key {given['key'].pk} is revoked."


def _end_client(partner: Partner, given: dict[str, Any], now: datetime, user: User) -> str:
    onboarding.revoke_application(given["client"], now=now, by=_by(user), reason=given["reason"])
    return f"The OAuth client {given['client'].client_id} is revoked."


def _raise_limit(partner: Partner, given: dict[str, Any], now: datetime, user: User) -> str:
    category = Category(given["category"])
    held = onboarding.raise_limit(partner, category, a_second=given["a_second"], by=_by(user), reason=given["reason"])
    return f"{partner} may call {held.limit(category).a_second} times a second in the category {category}."


def _is_with_us(partner: Partner) -> bool:
    return partner.status != Partner.Status.ENDED


VERBS = (
    Verb(
        "add-key",
        "Add a signing key",
        "Beside those that it has. A key that the portal makes is shown once.",
        KEYS,
        _add_key,
        fits=_is_with_us,
        form=NewKeyForm,
    ),
    Verb(
        "revoke-key",
        "Revoke a signing key",
        "Requests signed with it are refused from now on.",
        KEYS,
        _end_key,
        fits=lambda partner: partner.signing_keys.filter(revoked_at=None).exists(),
        form=EndKeyForm,
        is_final=True,
    ),
    Verb(
        "add-client",
        "Add an OAuth client",
        "Beside those that it has. Its secret is shown once.",
        CLIENTS,
        _add_client,
        fits=_is_with_us,
        form=NewClientForm,
    ),
    Verb(
        "revoke-client",
        "Revoke an OAuth client",
        "Its tokens end with it.",
        CLIENTS,
        _end_client,
        fits=lambda partner: partner.applications.filter(revoked_at=None).exists(),
        form=EndClientForm,
        is_final=True,
    ),
    Verb(
        "raise-limit",
        "Raise a rate limit",
        "In one category. It holds from the next request on.",
        "partners.change_partner",
        _raise_limit,
        fits=_is_with_us,
        form=LimitForm,
    ),
    _status_verb("suspend", "Suspend", "Nothing but revocations is taken from it.", Partner.Status.SUSPENDED, "active"),
    _status_verb("reinstate", "Reinstate", "Its requests are taken again.", Partner.Status.ACTIVE, "suspended"),
    _status_verb(
        "end", "End", "Its tokens, clients and keys are good for nothing.", Partner.Status.ENDED, "active suspended"
    ),
)
