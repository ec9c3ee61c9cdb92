"""E-mail addresses of end users: kept sealed, found by a digest that only who has the portal's keys can make."""

from collections.abc import Collection
from datetime import datetime

from devices.models import Device
from enrollments.models import Contact
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
    """Case does not count: hardly any mail server minds it, and people do not."""
    return vault.derived_keys(email.strip().casefold(), purpose=PURPOSE)


def _kept(names: Collection[bytes]) -> Collection[bytes]:
    return [bytes(each.email_digest) for each in Contact.objects.filter(email_digest__in=names)]


def email_of(customer: Customer) -> str | None:
    contact = Contact.objects.filter(customer=customer).first()
    return None if contact is None else customer.open(contact.sealed_email, place=contact.place).decode()
