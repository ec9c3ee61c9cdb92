"""What a partner's own requests to the portal have shown of late: enrollments, retries, events, consents."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import F, Q

from devices.certification.facts import CallMade
from devices.makers import spellings_of
from enrollments.models import Consent, Enrollment, PartnerEvent, RevocationDuty
from partners.models import IdempotencyRecord, Partner, RefusedRequest

SHOWN_BY = timedelta(days=90)  # what is older shows nothing of the present integration
CLEAN_FOR = timedelta(days=7)  # a mistake of so long ago was mended since
DIGITAL = ("device_app", "web_portal", "installer_app", "purchase_flow")
KEYS_WRONG = ("idempotency_key_missing", "idempotency_key_reused")
CONSENT_WRONG = ("consent_stale", "consent_in_future", "consent_scope_empty", "consent_revoked")


@dataclass(frozen=True, slots=True)
class ConsentTold:
    """`lacks`: what an auditor would miss of it (§11.5)."""

    source: str
    terms: str
    lacks: tuple[str, ...]


@dataclass(slots=True)
class Records:
    """`refused`: by code, of the last days. `replays`: how often a request of that kind came again and was replayed."""

    enrollments: int = 0
    enrollment_replays: int = 0
    events: int = 0
    event_repeats: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    consents: list[ConsentTold] = field(default_factory=list)
    duties_met: int = 0
    duties_late: int = 0


@dataclass(slots=True)
class RecordDesk:
    """Nothing is asked of anybody: it is all in the portal's own books."""

    partner: Partner
    maker: str
    now: datetime
    facts: Records = field(default_factory=Records)

    @property
    def calls(self) -> Sequence[CallMade]:
        return ()


def look_at_enrollments(desk: RecordDesk) -> None:
    facts, since = desk.facts, desk.now - SHOWN_BY
    own = Enrollment.objects.filter(device__partner=desk.partner, created_at__gt=since).exclude(method="oauth")
    if desk.maker:
        own = own.filter(device__manufacturer__in=spellings_of(desk.partner, desk.maker))
    facts.enrollments = own.count()
    facts.enrollment_replays = _replays(desk, "/v1/enrollments", since=since)
    facts.refused = _refused(desk)


def look_at_events(desk: RecordDesk) -> None:
    facts, since = desk.facts, desk.now - SHOWN_BY
    own = PartnerEvent.objects.filter(partner=desk.partner, received_at__gt=since)
    facts.events = own.count()
    facts.event_repeats = own.filter(repeats__gt=0).count() + _replays(desk, "/v1/events", since=since)
    facts.refused = _refused(desk)


def look_at_consents(desk: RecordDesk) -> None:
    since = desk.now - SHOWN_BY
    own = Consent.objects.filter(enrollment__device__partner=desk.partner, path="oem", received_at__gt=since)
    if desk.maker:
        own = own.filter(enrollment__device__manufacturer__in=spellings_of(desk.partner, desk.maker))
    rows = own.values_list("source", "terms_version", "sealed_evidence")
    desk.facts.consents = [_told(*row) for row in rows.iterator(chunk_size=1000)]
    desk.facts.refused = _refused(desk)


def look_at_revocations(desk: RecordDesk) -> None:
    own = RevocationDuty.objects.filter(enrollment__device__partner=desk.partner, opened_at__gt=desk.now - SHOWN_BY)
    late = Q(settled_at__gt=F("due_at")) | Q(settled_at=None, due_at__lt=desk.now)
    desk.facts.duties_late = own.filter(late).count()
    desk.facts.duties_met = own.filter(settled_at__lte=F("due_at")).count()


def _told(source: str, terms: str, evidence: object) -> ConsentTold:
    """Whoever consents on a screen leaves an address and a browser behind: sealed, and not read here."""
    lacks = ("evidence",) if source in DIGITAL and evidence is None else ()
    return ConsentTold(source, terms, lacks)


def _replays(desk: RecordDesk, place: str, *, since: datetime) -> int:
    """By where the kept answer says that its object is."""
    kept = IdempotencyRecord.objects.filter(partner=desk.partner, created_at__gt=since, replays__gt=0)
    return sum(1 for headers in kept.values_list("headers", flat=True) if headers.get("Location", "").startswith(place))


def _refused(desk: RecordDesk) -> dict[str, int]:
    counts: dict[str, int] = {}
    rows = RefusedRequest.objects.filter(partner=desk.partner, at__gt=desk.now - CLEAN_FOR)
    for code in rows.values_list("code", flat=True):
        counts[code] = counts.get(code, 0) + 1
    return counts
