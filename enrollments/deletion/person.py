"""Whose data it is: the ids and names by which a person's traces are found."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from devices.models import Connection, Device, DiscoveredDevice, Poll, Portfolio
from enrollments.account import contacts
from enrollments.duplicates import device_name
from enrollments.models import Contact, Enrollment, LinkSession, PartnerEvent
from enrollments.tenure import tenure
from partners.models import Customer, RefusedRequest
from partners.models.customer import renamed
from territories.models import Site

OF_THEIR_OWN = (Portfolio.Kind.SITE, Portfolio.Kind.ACCOUNT)


@dataclass(frozen=True, slots=True)
class HandedOn:
    """A device that was theirs `until` another person enrolled it, whose it is now."""

    device: UUID
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One customer of one partner, as far as the portal knows them.

    `known_as`: each partner that ever had them, and its word for them; who has them today is the first.
    """

    id: UUID
    known_as: tuple[tuple[UUID, str], ...]
    enrollments: tuple[UUID, ...]
    devices: tuple[UUID, ...]
    device_names: tuple[str, ...]
    device_keys: tuple[str, ...]
    handed_on: tuple[HandedOn, ...]
    addresses: tuple[str, ...]
    connections: tuple[UUID, ...]
    link_sessions: tuple[UUID, ...]
    portfolios: tuple[UUID, ...]
    emails: tuple[bytes, ...]
    unknown_events: tuple[UUID, ...]
    unknown_requests: tuple[UUID, ...]
    polls: tuple[int, ...]
    refused: tuple[UUID, ...]
    mentions: tuple[bytes, ...]

    @property
    def partners(self) -> list[UUID]:
        return [partner for partner, _ in self.known_as]

    @property
    def names(self) -> list[str]:
        """What nobody else may hold while their traces are looked for."""
        return [
            *(f"customer|{partner}|{reference}" for partner, reference in self.known_as),
            *(device_name(partner, name) for partner in self.partners for name in self.device_names),
            *(f"serial|{key}" for key in self.device_keys),
        ]

    @property
    def rows_of_files(self) -> list[bytes]:
        """As `enrollments.imports` marks a row by its device."""
        return [hashlib.sha256(name.encode()).digest() for name in self.device_names]


def person(customer: Customer) -> Person:
    enrollments = list(Enrollment.objects.filter(customer=customer).order_by("pk"))
    devices = list(Device.objects.filter(customer=customer).order_by("pk"))
    ids, names = tuple(each.pk for each in devices), tuple(each.manufacturer_device_id for each in devices)
    opened = tuple(each.pk for each in enrollments)
    known_as = tuple(_known_as(customer, opened))
    partners = [partner for partner, _ in known_as]
    sessions = _link_sessions(customer, known_as, opened, names)
    events = _unknown_events(partners, names)
    refused = list(
        RefusedRequest.objects.filter(
            Q(subject__in=[*names, *map(str, opened)]) | Q(about__in=opened), partner__in=partners
        )
    )
    said = [*opened, *ids, *sessions, *(each.pk for each in refused), *(each.batch_id for each in refused)]
    return Person(
        id=customer.pk,
        known_as=known_as,
        enrollments=opened,
        devices=ids,
        device_names=names,
        device_keys=tuple(each.serial_key for each in devices),
        handed_on=tuple(_handed_on(enrollments, ids)),
        addresses=tuple(Site.objects.filter(customer_id=customer.pk).values_list("address_key", flat=True)),
        connections=tuple(Connection.objects.filter(customer=customer).values_list("pk", flat=True)),
        link_sessions=sessions,
        portfolios=_portfolios(ids),
        emails=_emails(customer),
        unknown_events=tuple(each.pk for each in events),
        unknown_requests=tuple(each.signed_request_id for each in events),
        polls=_polls(ids),
        refused=tuple(each.pk for each in refused),
        mentions=tuple(_mentions(filter(None, said), [*names, *(each.event_id for each in events)])),
    )


def _known_as(customer: Customer, enrollments: Iterable[UUID]) -> Iterator[tuple[UUID, str]]:
    """Today's partner, and back to the first: the chains say who had them before they were handed over (§9)."""
    entries = Enrollment.history.model.objects.filter(ledger_id__in=enrollments).order_by("-history_date", "-sequence")
    had_them = entries.values_list("partner_id", flat=True)
    reference = customer.reference_id
    for partner in dict.fromkeys([customer.partner_id, *had_them]):
        reference = reference.removeprefix(renamed(partner, ""))
        yield partner, reference


def _handed_on(enrollments: Iterable[Enrollment], own: tuple[UUID, ...]) -> Iterator[HandedOn]:
    """Devices that are another's by now: theirs until that one's enrollment began."""
    for each in enrollments:
        if each.device_id not in own:
            until = tenure(each).until
            if until is not None:
                yield HandedOn(each.device_id, until)


def _link_sessions(
    customer: Customer,
    known_as: Iterable[tuple[UUID, str]],
    enrollments: tuple[UUID, ...],
    names: tuple[str, ...],
) -> tuple[UUID, ...]:
    theirs = Q(enrollment__in=enrollments) | Q(linked__overlap=list(enrollments)) | Q(connection__customer=customer)
    for partner, reference in known_as:
        theirs |= Q(partner=partner, customer_reference=reference) | Q(
            partner=partner, manufacturer_device_id__in=names
        )
    return tuple(LinkSession.objects.filter(theirs).order_by().values_list("pk", flat=True).distinct())


def _portfolios(devices: tuple[UUID, ...]) -> tuple[UUID, ...]:
    """Of one site or account, and with nobody else's device in it: its very name may be the person's."""
    within = Portfolio.objects.filter(kind__in=OF_THEIR_OWN, devices__in=devices)
    return tuple(within.exclude(devices__in=Device.objects.exclude(pk__in=devices)).values_list("pk", flat=True))


def _polls(devices: tuple[UUID, ...]) -> tuple[int, ...]:
    """What a cloud is asked for about their devices alone; a list begins at its root, which is everybody's."""
    listed = DiscoveredDevice.objects.filter(device__in=devices).values_list("poll", "found_by")
    asked = {poll for pair in listed for poll in pair if poll is not None}
    others = DiscoveredDevice.objects.exclude(device__in=devices)
    shared = Poll.objects.filter(Q(devices__in=others) | Q(found__in=others), pk__in=asked).values_list("pk", flat=True)
    roots = Poll.objects.filter(pk__in=asked, kind=Poll.Kind.DISCOVERY, step=0).values_list("pk", flat=True)
    return tuple(asked - {*shared, *roots})


def _emails(customer: Customer) -> tuple[bytes, ...]:
    email = contacts.email_of(customer) if Contact.objects.filter(customer=customer).exists() else None
    return tuple(contacts.digests(email)) if email else ()


def _unknown_events(partners: list[UUID], names: tuple[str, ...]) -> list[PartnerEvent]:
    """That came before anybody had enrolled the device."""
    events = PartnerEvent.objects.filter(partner__in=partners, manufacturer_device_id__in=names)
    return list(events.filter(enrollment=None))


def _mentions(ids: Iterable[object], names: Iterable[str]) -> Iterator[bytes]:
    """As a JSON document that is about them says it."""
    yield from (str(each).encode() for each in ids)
    for name in names:
        yield json.dumps(name, ensure_ascii=False).encode()
        if not name.isascii():
            yield json.dumps(name).encode()
