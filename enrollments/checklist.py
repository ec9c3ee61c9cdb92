"""§11.9's checklist, told from what is on record: what a partner has done, and what is left."""

from dataclasses import dataclass
from datetime import datetime

from devices.models import CertificationRun
from enrollments.certification.records import CLEAN_FOR
from enrollments.models import Consent, Enrollment, PartnerEvent
from partners.models import Certificate, Partner, RefusedRequest


@dataclass(frozen=True, slots=True)
class Item:
    text: str
    is_done: bool
    said: str


def checklist(partner: Partner, *, now: datetime) -> list[Item]:
    own = Enrollment.objects.filter(device__partner=partner).exclude(method="oauth")
    enrolled = own.count()
    events = PartnerEvent.objects.filter(partner=partner).count()
    consents = Consent.objects.filter(enrollment__device__partner=partner, path=Consent.Path.OEM).count()
    clients = [each for each in partner.applications.all() if each.is_live(now=now)]
    keys = [each for each in partner.signing_keys.all() if each.is_active(now=now)]
    called = any(each.last_used_at for each in clients)
    run = CertificationRun.objects.filter(partner=partner, status=CertificationRun.Status.DONE).first()
    certificate = Certificate.objects.filter(partner=partner).in_force(now=now).first()
    until = (
        f"Certificate version {certificate.version}, until {certificate.expires_at:%Y-%m-%d}." if certificate else ""
    )
    return [
        Item("Begin the integration process", True, f"Taken on {partner.created_at:%Y-%m-%d}."),
        Item(
            "Register for credentials: client and signing key", bool(clients and keys),
            f"{len(clients)} live clients, {len(keys)} live signing keys.",
        ),
        Item("Review the API documentation", called, f"It has {'called the API' if called else 'called nothing yet'}."),
        Item("Implement the enrollment API", enrolled > 0, f"{enrolled:,} devices enrolled through it."),
        Item("Implement event notification", events > 0, f"{events:,} events reported."),
        Item("Capture and store consent with every required field", consents > 0, f"{consents:,} consents given."),
        _errors(partner, enrolled=enrolled, now=now),
        Item(
            "Test in the sandbox", run is not None,
            f"Tried against the requirements on {run.asked_at:%Y-%m-%d}." if run else "Not tried yet.",
        ),
        Item("Complete the certification review", certificate is not None, until or "No certificate is in force."),
    ]  # fmt: skip


def _errors(partner: Partner, *, enrolled: int, now: datetime) -> Item:
    """Done by one that works, and has not lately sent what it could have known to be wrong."""
    recent = RefusedRequest.objects.filter(partner=partner, at__gt=now - CLEAN_FOR, status__in=(400, 401))
    count = recent.count()
    said = (
        f"{count:,} requests of this week were malformed or badly signed." if count else "None was malformed this week."
    )
    return Item("Handle all error responses", enrolled > 0 and not count, said)
