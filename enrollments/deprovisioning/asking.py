"""The end of a partner, a program or a portfolio, asked for by staff. What must stop at once stops with the asking.

However many are in it, that is a matter of a few rows: no new command goes out to devices of a partner that has ended
(`devices.commands.reweighing`), and those under way, which may be a whole fleet's, are called off by the job.
"""

from datetime import datetime

from django.db import transaction

from devices.models import Portfolio
from devices.portfolios import revoking
from enrollments.deprovisioning.preview import Subject, reached
from enrollments.models import Deprovisioning
from partners import onboarding
from partners.models import Partner
from programs import ending
from programs.models import Program
from texture_portal import jobs
from texture_portal.actors import Actor
from texture_portal.refusals import Refusal

JOB = "deprovisionings"
Choice = Deprovisioning.Choice


@transaction.atomic
def begin(
    subject: Subject, *, choice: str, reason: str, now: datetime, by: Actor, successor: Partner | None = None
) -> Deprovisioning:
    """Raises `Refusal` where its end is under way, or it cannot be handed over to that partner."""
    _check(subject, choice=choice, successor=successor, reason=reason)
    _check_not_under_way(subject)
    asked = Deprovisioning(
        choice=choice,
        successor=successor,
        reason=reason,
        asked_at=now,
        asked_by=f"{by.role} {by.name}"[:255],
        enrollments_foreseen=reached(subject).count(),
    )
    _stop(subject, asked, reason=reason, now=now, by=by)
    asked.save(force_insert=True)
    jobs.wake(JOB)
    return asked


def _stop(subject: Subject, asked: Deprovisioning, *, reason: str, now: datetime, by: Actor) -> None:
    match subject:
        case Partner():
            asked.partner = subject
            if subject.status != Partner.Status.ENDED:
                onboarding.change_status(subject, Partner.Status.ENDED, now=now, by=by, reason=reason)
        case Program():
            asked.program = subject
            ending.end(subject, reason=reason, now=now, by=by)
        case Portfolio():
            asked.portfolio = subject
            revoking.ask(subject, whole_grants=False, reason=reason, now=now, by=by)


def _check(subject: Subject, *, choice: str, successor: Partner | None, reason: str) -> None:
    if not reason.strip():
        raise Refusal("validation_failed", "Say in a sentence why: the reason goes into the history.")
    if choice == Choice.REVOKE:
        return
    if not isinstance(subject, Partner) or successor is None:
        raise Refusal("validation_failed", "Only a partner's devices can be handed over, and to another partner.")
    if successor.pk == subject.pk or successor.status != Partner.Status.ACTIVE:
        raise Refusal("state_conflict", "Devices are handed over to another partner that is active.")


def _check_not_under_way(subject: Subject) -> None:
    """Held until the end of the transaction: of two who ask at once, one is refused."""
    type(subject)._base_manager.select_for_update(no_key=True).get(pk=subject.pk)
    if Deprovisioning.objects.filter(finished_at=None, **{str(subject._meta.model_name): subject.pk}).exists():
        raise Refusal("state_conflict", "Its end is under way already.")
