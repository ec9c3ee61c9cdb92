"""What waits for an old one of `DATA_KEYS`, and until when: what it named or sealed, and nobody can name or seal anew.

Names of before `lasting_names` are of words that nobody has any more. No row says which key named it; when it was made
does, since a key names nothing once a newer one leads.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max

from enrollments.erased_devices import REMEMBERED
from enrollments.models import DeletionRequest, ErasedDevice, LinkSession
from partners.models import SignedRequest


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many of a kind, the last of them `until` then; None: for good."""

    count: int
    kind: str
    until: datetime | None

    def __str__(self) -> str:
        end = f"until {self.until:%Y-%m-%d %H:%M}" if self.until else "for good"
        return f"{self.count:,} {self.kind} ({end})"


def needing(*, until: datetime, now: datetime) -> list[Waiting]:
    """Of what was named until then: what is still to be found by its name."""
    return [each for each in _needing(until=until, now=now) if each.count]


def evidence(*, until: datetime) -> Waiting:
    """Sealed until then by whichever key led: its digest is evidence, so that it is never sealed anew."""
    rows = SignedRequest.objects.filter(customer=None, received_at__lt=until).exclude(sealed_message=b"")
    return Waiting(rows.count(), "signed requests about devices that nobody had enrolled", None)


def _needing(*, until: datetime, now: datetime) -> Iterator[Waiting]:
    devices = ErasedDevice.objects.filter(request__done_at__lt=until, sealed_essence=None)
    told = devices.aggregate(count=Count("pk"), last=Max("revoked_at"))
    yield Waiting(told["count"], "devices of erased people", told["last"] and told["last"] + REMEMBERED)
    erased = DeletionRequest.objects.filter(done_at__lt=until, sealed_reference=None).exclude(reference_digest="")
    told = erased.aggregate(count=Count("pk"), last=Max("facts_kept_until"))
    yield Waiting(told["count"], "deletions to be found by the person's reference", told["last"])
    links = LinkSession.objects.filter(created_at__lt=until, closed_at=None, expires_at__gt=now)
    told = links.aggregate(count=Count("pk"), last=Max("expires_at"))
    yield Waiting(told["count"], "addresses of link sessions", told["last"])
