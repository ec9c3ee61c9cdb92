"""What staff decide on a run: to waive a requirement, to take that back, and to issue the certificate (§12)."""

from datetime import datetime, timedelta

from django.db import transaction

from devices.certification import reports
from devices.models import CertificationRun, Waiver
from partners import certificates
from partners.models import Certificate
from texture_portal.actors import Actor
from texture_portal.refusals import Refusal

GOOD_FOR = timedelta(days=30)  # what a run found out is old then


@transaction.atomic
def waive(run: CertificationRun, requirement: str, *, reason: str, now: datetime, by: Actor) -> Waiver:
    """For this partner (and maker) in every run, until it is taken back. Raises `Refusal` where it passed."""
    failed = run.results.filter(requirement=requirement, outcome__in=reports.IN_THE_WAY)
    if not failed.exists():
        raise Refusal("state_conflict", "Only a check that failed, or could not be tried, is waived.")
    if Waiver.objects.in_force().for_run(run).filter(requirement=requirement).exists():
        raise Refusal("state_conflict", "It is waived already.")
    made = Waiver(
        partner=run.partner, maker=run.maker, requirement=requirement, reason=reason, given_at=now,
        given_by=f"{by.role} {by.name}",
    )  # fmt: skip
    made.save()
    return made


@transaction.atomic
def take_back(waiver: Waiver, *, now: datetime, by: Actor) -> Waiver:
    """Certificates that rest on it stand until they are withdrawn."""
    held = Waiver.objects.select_for_update().get(pk=waiver.pk)
    if held.withdrawn_at is not None:
        raise Refusal("state_conflict", "It is taken back already.")
    held.withdrawn_at, held.withdrawn_by = now, f"{by.role} {by.name}"
    held.save(update_fields=["withdrawn_at", "withdrawn_by"])
    return held


@transaction.atomic
def certify(run: CertificationRun, *, reason: str, now: datetime, by: Actor) -> Certificate:
    """On a clean run of late, once. Raises `Refusal` that says what is in the way."""
    held = CertificationRun.objects.select_for_update(of=("self",)).select_related("partner", "cloud").get(pk=run.pk)
    if held.certificate_id is not None:
        raise Refusal("state_conflict", "A certificate was issued on this run.")
    report = reports.report_of(held)
    if not report.is_clean or held.finished_at is None:
        said = (
            f"These checks failed, or could not be tried: {', '.join(report.failed)}."
            if report.failed
            else "Nothing was shown yet."
        )
        raise Refusal("state_conflict", said)
    if now - held.finished_at > GOOD_FOR:
        raise Refusal("state_conflict", f"The run is older than {GOOD_FOR.days} days: have it tried again.")
    held.certificate = certificates.issue(
        held.partner, maker=held.maker, requirements=held.requirements, report=reports.as_json(report), now=now, by=by,
        reason=reason,
    )  # fmt: skip
    held.save(update_fields=["certificate"])
    return held.certificate
