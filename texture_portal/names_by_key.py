"""What is named by one of `DATA_KEYS` and cannot be named anew: nobody has the words any more that the names are of.

No row says which key named it; when it was made does, since a key names nothing once a newer one leads.
"""

from collections.abc import Iterator
from datetime import datetime

from enrollments.models import DeletionRequest, ErasedDevice, LinkSession


def needing(*, until: datetime, now: datetime) -> Iterator[tuple[int, str]]:
    """Of what was named until then: how many of each kind are still to be found by their names."""
    yield ErasedDevice.objects.filter(request__done_at__lt=until).count(), "devices of erased people"
    erased = DeletionRequest.objects.filter(done_at__lt=until).exclude(reference_digest="")
    yield erased.count(), "deletions to be found by the person's reference"
    links = LinkSession.objects.filter(created_at__lt=until, closed_at=None, expires_at__gt=now)
    yield links.count(), "addresses of link sessions"
