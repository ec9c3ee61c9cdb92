"""Logging in with an e-mailed link: no password, good once, for ten minutes, sent only to whom we know."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from enrollments.account import contacts
from enrollments.models import Contact, SignInLink
from partners.models import Customer
from texture_portal import jobs

LASTS = timedelta(minutes=10)
KEPT = timedelta(days=7)
MOST_AN_HOUR = 5  # to one address
LEASE = timedelta(seconds=90)
MOST_ATTEMPTS = 5
MOST_TRIES = 3  # of ZIP codes
BATCH = 20


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the portal was reached, and in which language."""

    url: str
    language: str


@transaction.atomic
def ask(email: str, *, origin: Origin, now: datetime) -> None:
    """Says nothing of whether the address is known. It is written to by a job, so that time tells nothing either."""
    digest = contacts.known_digest(email)
    if SignInLink.objects.filter(email_digest=digest, asked_at__gt=now - timedelta(hours=1)).count() >= MOST_AN_HOUR:
        return
    token = secrets.token_urlsafe(32)
    link = SignInLink(
        email_digest=digest, token_digest=_digest(token), origin=origin.url, language=origin.language,
        asked_at=now, expires_at=now + LASTS, attempt_at=now,
    )  # fmt: skip
    link.set_secrets(email=email, token=token)
    link.save(force_insert=True)
    jobs.wake("sign_in_links")


@transaction.atomic
def take(token: str, *, zip_code: str, now: datetime) -> list[Customer]:
    """Whom it lets in; nobody where it was used, is old, or was never made.

    An address opens what belongs to it only once its reader has also known where a device stands: a mistyped one
    would open it to a stranger. The third wrong ZIP code uses the link up.
    """
    link = SignInLink.objects.select_for_update().filter(token_digest=_digest(token)).first()
    if link is None or link.used_at is not None or now >= link.expires_at:
        return []
    found = contacts.of_digest(bytes(link.email_digest))
    opened = [each for each in found if each.confirmed_at is not None or contacts.stands_at(each, zip_code)]
    if found and not opened:
        return _missed(link, now=now)
    link.used_at = now
    link.save(update_fields=["used_at"])
    Contact.objects.filter(pk__in=[each.pk for each in opened], confirmed_at=None).update(confirmed_at=now)
    return [each.customer for each in opened]


def is_good(token: str, *, now: datetime) -> bool:
    """To be shown the button; nothing is changed by asking."""
    return _good(token, now=now) is not None


def asks_zip(token: str, *, now: datetime) -> bool:
    """Whether some of what it opens was never opened before."""
    link = _good(token, now=now)
    return link is not None and any(each.confirmed_at is None for each in contacts.of_digest(bytes(link.email_digest)))


def _good(token: str, *, now: datetime) -> SignInLink | None:
    return SignInLink.objects.filter(token_digest=_digest(token), used_at=None, expires_at__gt=now).first()


def _missed(link: SignInLink, *, now: datetime) -> list[Customer]:
    link.tries += 1
    if link.tries >= MOST_TRIES:
        link.used_at = now
    link.save(update_fields=["tries", "used_at"])
    return []


def send_due(*, now: datetime) -> int:
    """Sends what waits, and forgets what is old. The mail server is spoken to outside any transaction."""
    SignInLink.objects.filter(asked_at__lt=now - KEPT).delete()
    return jobs.one_by_one(_claimed(now=now), lambda link: _send(link, now=now), named=lambda link: f"link {link.pk}")


@transaction.atomic
def _claimed(*, now: datetime) -> list[SignInLink]:
    claimed = jobs.claim(SignInLink.objects.filter(attempt_at__lte=now).order_by("attempt_at"), limit=BATCH)
    for link in claimed:
        link.attempts, link.attempt_at = link.attempts + 1, now + LEASE
        link.save(update_fields=["attempts", "attempt_at"])
    return claimed


def _send(link: SignInLink, *, now: datetime) -> None:
    is_wanted = now < link.expires_at and link.attempts <= MOST_ATTEMPTS
    if is_wanted and contacts.of_digest(bytes(link.email_digest)):
        _mail(link)
        link.sent_at = now
    link.attempt_at = None
    link.set_secrets(email=None, token=None)
    link.save(update_fields=["attempt_at", "sent_at", "sealed_email", "sealed_token"])


def _mail(link: SignInLink) -> None:
    email, token = link.secrets()
    with translation.override(link.language or "en"):
        told = {"url": f"{link.origin}{reverse('account-in', kwargs={'token': token})}"}
        subject = render_to_string("account/sign_in_subject.txt", told).strip()
        send_mail(subject, render_to_string("account/sign_in.txt", told), None, [email])


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
