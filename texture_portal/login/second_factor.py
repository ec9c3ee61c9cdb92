"""The second factor of staff: an authenticator's codes (RFC 6238), and recovery codes for when it is lost."""

import hashlib
from base64 import urlsafe_b64encode
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django_otp import login, verify_token
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

from texture_portal.login.acts import note
from texture_portal.models import Act, Authenticator

RECOVERY_CODES = 10
GROUPS_OF_A_CODE = 3  # of 40 bits each: beyond what a digest without salt can be guessed by
KEPT_CHARACTERS = 16  # of a digest: as many as django-otp's column has, and 96 bits
AUTHENTICATOR, RECOVERY = "authenticator", "recovery codes"


def authenticator_of(user: User) -> Authenticator | None:
    device: Authenticator | None = Authenticator.objects.filter(user=user, confirmed=True).first()
    return device


@transaction.atomic
def begin(user: User) -> Authenticator:
    """The authenticator that is being set up: the same until it is confirmed, so that a page may be loaded again."""
    User.objects.select_for_update().get(pk=user.pk)
    device: Authenticator | None
    device = Authenticator.objects.filter(user=user, confirmed=False).first()
    if device is None:
        device = Authenticator(user=user, confirmed=False, name=AUTHENTICATOR)
        device.make_key()
        device.save()
    return device


@transaction.atomic
def confirm(request: HttpRequest, user: User, *, code: str, now: datetime) -> list[str] | None:
    """Recovery codes, shown once; None where the code is not the new authenticator's. It replaces an earlier one."""
    device = begin(user)
    if not verify_token(user, device.persistent_id, code):
        note(Act.What.SECOND_FACTOR_REFUSED, by=user, request=request, now=now)
        return None
    Authenticator.objects.filter(user=user, confirmed=True).delete()
    device.refresh_from_db()
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    login(request, device)
    request.session.cycle_key()
    note(Act.What.SECOND_FACTOR_SET_UP, by=user, request=request, now=now)
    return _new_codes(user)


def prove(request: HttpRequest, user: User, *, code: str, now: datetime) -> bool:
    """By the authenticator, or by a recovery code, which is used up. Each wrong one makes the next wait longer."""
    given = code.replace(" ", "").replace("-", "").lower()
    kinds = (Authenticator, Act.What.SECOND_FACTOR_PROVED), (StaticDevice, Act.What.RECOVERY_CODE_USED)
    kind, what = kinds[0] if given.isdecimal() else kinds[1]
    for device in kind.objects.filter(user=user, confirmed=True):
        if verify_token(user, device.persistent_id, given if kind is Authenticator else kept_code(given)):
            login(request, device)
            request.session.cycle_key()
            note(what, by=user, request=request, now=now)
            return True
    note(Act.What.SECOND_FACTOR_REFUSED, by=user, request=request, now=now)
    return False


def must_wait(user: User, *, now: datetime) -> int:
    """Seconds until the next code is looked at."""
    waits = [
        _seconds(each, now=now) for kind in (Authenticator, StaticDevice) for each in kind.objects.filter(user=user)
    ]
    return max(waits, default=0)


def _seconds(device: Authenticator | StaticDevice, *, now: datetime) -> int:
    allowed, facts = device.verify_is_allowed()
    return 0 if allowed else max(1, int((facts["locked_until"] - now).total_seconds()) + 1)


@transaction.atomic
def new_recovery_codes(request: HttpRequest, user: User, *, now: datetime) -> list[str]:
    """The earlier ones are worth nothing from then on."""
    note(Act.What.RECOVERY_CODES_MADE, by=user, request=request, now=now)
    return _new_codes(user)


@transaction.atomic
def take_away(user: User, *, reason: str, now: datetime, by: User) -> None:
    """For whoever lost both: the next log-in sets a new one up, and sessions that rest on the old one open nothing."""
    for kind in (Authenticator, StaticDevice):
        kind.objects.filter(user=user).delete()
    note(Act.What.SECOND_FACTOR_TAKEN_AWAY, by=by, about=user.get_username(), now=now, reason=reason)


def _new_codes(user: User) -> list[str]:
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name=RECOVERY)
    codes = ["".join(StaticToken.random_token() for _ in range(GROUPS_OF_A_CODE)) for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=kept_code(code)) for code in codes)
    return ["-".join(code[at : at + 8] for at in range(0, len(code), 8)) for code in codes]


def kept_code(code: str) -> str:
    """A recovery code as it stands in the database: 120 random bits need no salt, and a copy of it opens nothing."""
    return urlsafe_b64encode(hashlib.sha256(code.encode()).digest())[:KEPT_CHARACTERS].decode()
