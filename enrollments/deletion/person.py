"""Whose data it is: the ids and names by which a person's traces are found."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from devices.models import Connection, Device, DiscoveredDevice, Poll, Portfolio, PortfolioDevice
from enrollments.account import contacts
from enrollments.duplicates import device_name
from enrollments.models import Contact, Enrollment, LinkSession, PartnerEvent
from enrollments.tenure import Held, Tenure, held_by, named_while_theirs, partly_theirs, while_theirs
from partners.forgetting import Mention
from partners.models import Customer, RefusedRequest
from partners.models.customer import renamed
from territories.models import Site

OF_THEIR_OWN = (Portfolio.Kind.SITE, Portfolio.Kind.ACCOUNT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One customer of one partner, as far as the portal knows them.

    `known_as`: each partner that ever had them, and its word for them; who has them today is the first.
    `devices` are theirs now; `held` are those too that were theirs, each with its time: what is of another owner's time
    is that one's.
    """

    id: UUID
    known_as: tuple[tuple[UUID, str], ...]
    enrollments: tuple[UUID, ...]
    devices: tuple[UUID, ...]
    device_names: tuple[str, ...]
    device_keys: tuple[str, ...]
    held: tuple[Held, ...]
    addresses: tuple[str, ...]
    connections: tuple[UUID, ...]
    link_sessions: tuple[UUID, ...]
    portfolios: tuple[UUID, ...]
    emails: tuple[bytes, ...]
    unknown_events: tuple[UUID, ...]
    unknown_requests: tuple[UUID, ...]
    polls: tuple[int, ...]
    refused: tuple[UUID, ...]
    mentions: tuple[Mention, ...]
    answers_searched_to: int = 0  # the id of the last kept answer that was looked through before

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

    def while_theirs(self, column: str, moment: str) -> Q:
        """Rows about a device that they had, of a `moment` when they had it."""
        return while_theirs(self.held, column, moment)

    def partly_theirs(self, column: str, start: str, end: str) -> Q:
        """Rows about a device that they had, of a time in some of which they had it."""
        return partly_theirs(self.held, column, start, end)

    @property
    def devices_by_tenure(self) -> dict[Tenure, list[UUID]]:
        found: dict[Tenure, list[UUID]] = {}
        for each in self.held:
            found.setdefault(each.tenure, []).append(each.device)
        return found

    @property
    def rows_of_files(self) -> Q:
        """By their device, as `enrollments.imports` marks a row."""
        return named_while_theirs(self.held, "device_key", "file__uploaded_at", by=_mark_of)


def person(customer: Customer) -> Person:
    enrollments = list(Enrollment.objects.filter(customer=customer).order_by("pk"))
    devices = list(Device.objects.filter(customer=customer).order_by("pk"))
    ids, names = tuple(each.pk for each in devices), tuple(each.manufacturer_device_id for each in devices)
    opened = tuple(each.pk for each in enrollments)
    known_as = tuple(_known_as(customer, opened))
    partners = [partner for partner, _ in known_as]
    held = held_by(customer)
    sessions = _link_sessions(customer, known_as, opened, held)
    events = _unknown_events(partners, held)
    about = named_while_theirs(held, "subject", "at") | Q(subject__in=map(str, opened)) | Q(about__in=opened)
    refused = list(RefusedRequest.objects.filter(about, partner__in=partners))
    said = [*opened, *sessions, *(each.pk for each in refused), *(each.batch_id for each in refused)]
    return Person(
        id=customer.pk,
        known_as=known_as,
        enrollments=opened,
        devices=ids,
        device_names=names,
        device_keys=tuple(each.serial_key for each in devices),
        held=tuple(held),
        addresses=tuple(Site.objects.filter(customer_id=customer.pk).values_list("address_key", flat=True)),
        connections=tuple(Connection.objects.filter(customer=customer).values_list("pk", flat=True)),
        link_sessions=sessions,
        portfolios=_portfolios(held),
        emails=_emails(customer),
        unknown_events=tuple(each.pk for each in events),
        unknown_requests=tuple(each.signed_request_id for each in events),
        polls=_polls(ids),
        refused=tuple(each.pk for each in refused),
        mentions=tuple(_mentions(filter(None, said), [each.event_id for each in events], held)),
    )


def _known_as(customer: Customer, enrollments: Iterable[UUID]) -> Iterator[tuple[UUID, str]]:
    """Today's partner, and back to the first: the chains say who had them before they were handed over (§9)."""
    entries = Enrollment.history.model.objects.filter(ledger_id__in=enrollments).order_by("-history_date", "-sequence")
    had_them = entries.values_list("partner_id", flat=True)
    reference = customer.reference_id
    for partner in dict.fromkeys([customer.partner_id, *had_them]):
        reference = reference.removeprefix(renamed(partner, ""))
        yield partner, reference


def _link_sessions(
    customer: Customer,
    known_as: Iterable[tuple[UUID, str]],
    enrollments: tuple[UUID, ...],
    held: Iterable[Held],
) -> tuple[UUID, ...]:
    theirs = Q(enrollment__in=enrollments) | Q(linked__overlap=list(enrollments)) | Q(connection__customer=customer)
    named = named_while_theirs(held, "manufacturer_device_id", "created_at")
    for partner, reference in known_as:
        theirs |= Q(partner=partner) & (Q(customer_reference=reference) | named)
    return tuple(LinkSession.objects.filter(theirs).order_by().values_list("pk", flat=True).distinct())


def _portfolios(held: Iterable[Held]) -> tuple[UUID, ...]:
    """Of one site or account, and filled with nobody else's devices: its very name may be the person's."""
    theirs = PortfolioDevice.objects.filter(while_theirs(held, "device", "added_at"))
    within = Portfolio.objects.filter(kind__in=OF_THEIR_OWN, places__in=theirs)
    others = PortfolioDevice.objects.exclude(pk__in=theirs.values("pk"))
    return tuple(within.exclude(places__in=others).distinct().order_by().values_list("pk", flat=True))


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


def _unknown_events(partners: list[UUID], held: Iterable[Held]) -> list[PartnerEvent]:
    """That came before anybody had enrolled the device."""
    events = PartnerEvent.objects.filter(named_while_theirs(held, "manufacturer_device_id", "received_at"))
    return list(events.filter(partner__in=partners, enrollment=None))


def _mentions(ids: Iterable[object], names: Iterable[str], held: Iterable[Held]) -> Iterator[Mention]:
    """As a JSON document that is about them says it; of a device, while it was theirs."""
    for name in names:
        yield from (Mention(each) for each in _in_json(name))
    yield from (Mention(str(each).encode()) for each in ids)
    for each in held:
        yield Mention(str(each.device).encode(), each.tenure.since, each.tenure.until)
        for word in _in_json(each.name):
            yield Mention(word, each.named.since, each.named.until)


def _mark_of(held: Held) -> bytes:
    return hashlib.sha256(held.name.encode()).digest()


def _in_json(name: str) -> Iterator[bytes]:
    yield json.dumps(name, ensure_ascii=False).encode()
    if not name.isascii():
        yield json.dumps(name).encode()
