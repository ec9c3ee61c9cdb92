"""E-mail addresses of end users: kept sealed, found by a digest that only who has the portal's keys can make."""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.db import transaction

from devices.models import Device
from enrollments.models import Contact, SignInLink
from partners.models import Customer
from texture_portal import vault

PURPOSE = "contact-email"


def keep(customer: Customer, email: str, *, language: str, now: datetime) -> None:
    """The newest is the one that counts. An address that was confirmed stays so when it is given again."""
    known = Contact.objects.filter(customer=customer, email_digest__in=digests(email)).first()
    contact = Contact(
        customer=customer, language=language, given_at=now, confirmed_at=known.confirmed_at if known else None
    )
    contact.sealed_email = customer.seal(email.encode(), place=contact.place)
    contact.email_digest = digests(email)[0]
    contact.save()


def of_digest(digest: bytes) -> list[Contact]:
    """One person may be a customer of several partners."""
    found = Contact.objects.filter(email_digest=digest, customer__sealed_data_key__isnull=False)
    return list(found.select_related("customer__partner"))


def stands_at(contact: Contact, zip_code: str) -> bool:
    """Whether one of the customer's devices stands in this ZIP code."""
    sites = Device.objects.filter(customer=contact.customer_id).values_list("site__postal_code", flat=True)
    return zip_code.strip()[:5] in {code.strip()[:5] for code in sites}


def known_digest(email: str) -> bytes:
    """Under which the address is kept: where the portal's keys were rotated, that may be an older one's."""
    names = digests(email)
    kept: Collection[bytes] = _kept(names)
    return next((each for each in names if each in kept), names[0])


def digests(email: str) -> list[bytes]:
    return vault.derived_keys(_plain(email), purpose=PURPOSE)


def name_anew() -> int:
    """By the newest of the portal's keys, so that older ones can be dropped; how many were. Links under way follow."""
    changed = 0
    for contact, email in _opened():
        newest, before = digests(email)[0], bytes(contact.email_digest)
        if newest != before:
            with transaction.atomic():
                Contact.objects.filter(pk=contact.pk, email_digest=before).update(email_digest=newest)
                SignInLink.objects.filter(email_digest=before).update(email_digest=newest)
            changed += 1
    return changed


def named_by(key: str) -> int:
    """How many are found by one of `DATA_KEYS` alone."""
    names = (
        vault.derived_by(key, _plain(email), purpose=PURPOSE) == bytes(each.email_digest) for each, email in _opened()
    )
    return sum(names)


def _opened() -> Iterator[tuple[Contact, str]]:
    rows = Contact.objects.filter(customer__sealed_data_key__isnull=False).select_related("customer").order_by("pk")
    for contact in rows.iterator(chunk_size=500):
        yield contact, contact.customer.open(contact.sealed_email, place=contact.place).decode()


def _plain(email: str) -> str:
    """Case does not count: hardly any mail server minds it, and people do not."""
    return email.strip().casefold()


def _kept(names: Collection[bytes]) -> Collection[bytes]:
    return [bytes(each.email_digest) for each in Contact.objects.filter(email_digest__in=names)]


def email_of(customer: Customer) -> str | None:
    contact = Contact.objects.filter(customer=customer).first()
    return None if contact is None else customer.open(contact.sealed_email, place=contact.place).decode()
