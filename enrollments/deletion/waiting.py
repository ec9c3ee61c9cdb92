"""What must be over before a person can be erased: the others are told first, and what is under way comes home."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q

from devices.commands.states import UNFINISHED
from devices.models import Command, Connection
from enrollments.models import DeletionRequest, Enrollment, EnrollmentFile, RevocationDuty
from partners.models import WebhookDelivery

UNDER_WAY = timedelta(minutes=2)  # longer than any lease: what a worker still carried has come home by then
TOLD_WITHIN = timedelta(hours=72)  # as long as webhooks are tried (contract §9)
KEPT_BEFORE_DUE = timedelta(days=1)
AT_LEAST = timedelta(hours=1)  # however late it began, the others have so long to be told
ACCESS, PARTNER = RevocationDuty.Kind.ACCESS_GIVEN_UP, RevocationDuty.Kind.PARTNER_TOLD


def waits_for(request: DeletionRequest, *, now: datetime) -> str:
    """The first thing that is not over, as a code; "" where nothing is waited for."""
    begun_at = request.begun_at
    if begun_at is None:
        raise ValueError(f"deletion request {request.pk} has not begun")
    if now < begun_at + UNDER_WAY:
        return "what_is_under_way"
    if request.waits_no_more_at is not None or now >= waits_until(request):
        return ""
    return next(_open(request), "")


def waits_until(request: DeletionRequest) -> datetime:
    """Who has said nothing by then is not waited for: what the law gives is nearly over."""
    begun_at = request.begun_at or request.asked_at
    last = min(begun_at + TOLD_WITHIN, request.due_at - KEPT_BEFORE_DUE)
    return max(last, begun_at + AT_LEAST)


def _open(request: DeletionRequest) -> Iterator[str]:
    theirs = Enrollment.objects.filter(customer=request.customer_id)
    duties = RevocationDuty.objects.filter(enrollment__in=theirs, settled_at=None)
    commands = Command.objects.filter(device__customer=request.customer_id)
    if commands.filter(status__in=UNFINISHED).exists():
        yield "devices_being_restored"
    if duties.filter(kind=ACCESS).exists():
        yield "access_being_given_up"
    if Connection.objects.filter(customer=request.customer_id).exclude(ended_at__isnull=False).exists():
        yield "connections_being_ended"
    told = Q(subject__in=theirs.values("pk")) | Q(subject__in=commands.values("pk"))
    if WebhookDelivery.objects.filter(told, state=WebhookDelivery.State.PENDING).exists():
        yield "partner_being_told"
    reading = EnrollmentFile.objects.filter(partner=request.customer.partner_id, status=EnrollmentFile.Status.READING)
    if reading.exists():
        yield "file_being_read"
