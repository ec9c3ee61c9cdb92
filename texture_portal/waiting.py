"""What waits to be done, and by when: read by the console's front page and by whoever watches the portal."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from devices.models import Command
from devices.polling.claiming import open_polls
from enrollments.models import DeletionRequest, EvidenceRequest, PartnerEvent, ReviewCase, RevocationDuty
from partners.models import WebhookDelivery


@dataclass(frozen=True, slots=True)
class Queue:
    """`waiting` gives rows with a `due_at`, found by an index; one that is due and still there is late.

    Of what is promised (an event, a case) `due_at` is the promise; of what is tried again and again (a webhook, a poll)
    it is the next try, so that only what no worker has come to is late.
    """

    name: str
    waiting: Callable[[], "QuerySet[Any]"]

    def late(self, *, now: datetime) -> "QuerySet[Any]":
        return self.waiting().filter(due_at__lt=now)

    def counted(self, *, now: datetime) -> dict[str, Any]:
        """`waiting` and `late`, and `first`: when what is due first is due."""
        return self.waiting().aggregate(
            waiting=Count("pk"), late=Count("pk", filter=Q(due_at__lt=now)), first=Min("due_at")
        )


EVENTS = Queue("partner_events", lambda: PartnerEvent.objects.filter(attempt_at__isnull=False, processed_at=None))
DUTIES = Queue("revocation_duties", lambda: RevocationDuty.objects.filter(settled_at=None))
CASES = Queue("review_cases", lambda: ReviewCase.objects.filter(decided_at=None))
RECORDS = Queue("evidence_requests", lambda: EvidenceRequest.objects.filter(answered_at=None))
DELETIONS = Queue("deletion_requests", lambda: DeletionRequest.objects.filter(done_at=None, refused_at=None))
WEBHOOKS = Queue(
    "webhook_deliveries",
    lambda: WebhookDelivery.objects.filter(state=WebhookDelivery.State.PENDING, endpoint__disabled_at=None),
)
COMMANDS = Queue("commands", lambda: Command.objects.exclude(step=""))
POLLS = Queue("polls", lambda: open_polls().filter(due_at__isnull=False))

QUEUES = (EVENTS, DUTIES, CASES, RECORDS, DELETIONS, WEBHOOKS, COMMANDS, POLLS)
