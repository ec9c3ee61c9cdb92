"""Runs: asked for by a person, worked off one requirement at a time by whoever claims them, and then done."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from devices.certification.bench import USUAL, Pace
from devices.certification.facts import CallMade, calls_of
from devices.certification.requirement import Requirement
from devices.certification.suite import Assignment, is_test_environment
from devices.certification.trying import Suite, attempt
from devices.certification.verdict import Outcome, Result
from devices.models import CertificationRun, CheckResult, Cloud
from partners.models import Partner
from texture_portal import jobs
from texture_portal.actors import Actor
from texture_portal.refusals import Refusal

REQUIREMENTS = "1.1"  # the version of requirements.txt, December 2025
LEASE = timedelta(seconds=90)  # longer than a requirement may take (`bench.Pace`)
MOST_ATTEMPTS = 2  # of one requirement: what broke off so often does so for ever, and the others wait
KIND = "certification"
CUSTOMERS_THERE = (
    "Customers' devices are in the cloud {cloud}: it is not marked as the partner's test environment, and whoever is "
    "certified is read, and sent commands, unsafe ones among them. Remedy: connect the partner's sandbox as a cloud of "
    "its own, mark it as a test environment on its page, and name it."
)
BROKE_OFF = f"It was begun {MOST_ATTEMPTS} times, and broke off within the portal each time."
Status = CertificationRun.Status


@transaction.atomic
def ask_for(
    partner: Partner, *, suites: Sequence[Suite], cloud: Cloud | None = None, maker: str = "",
    second_secret: str | None = None, now: datetime, by: Actor,
) -> CertificationRun:  # fmt: skip
    """Against the partner's sandbox (§12), and never against what customers have.

    Raises `Refusal` where the cloud is no test environment, where it is not said which cloud, or of a TPDO which maker;
    or where one is under way.
    """
    Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    cloud = cloud or _only_cloud(partner)
    if cloud is not None and not is_test_environment(cloud):
        raise Refusal("state_conflict", CUSTOMERS_THERE.format(cloud=cloud.name))
    if partner.kind == Partner.Kind.TPDO and not maker.strip():
        raise Refusal("validation_failed", "A TPDO is certified for each manufacturer it brings: say which.")
    if maker and not partner.may_enroll(maker):
        raise Refusal("validation_failed", f"It brings devices of {', '.join(partner.manufacturers)} only.")
    if CertificationRun.objects.filter(~Q(status=Status.DONE), partner=partner, maker=maker.strip()).exists():
        raise Refusal("state_conflict", "A run is under way already.")
    made = CertificationRun(
        partner=partner, maker=maker.strip(), cloud=cloud, requirements=REQUIREMENTS, asked_at=now,
        asked_by=f"{by.role} {by.name}", total=sum(len(suite.requirements) for suite in suites),
    )  # fmt: skip
    made.set_second_secret(second_secret)
    made.save()
    jobs.wake(KIND)
    return made


def work_on(run: CertificationRun, suites: Sequence[Suite], *, now: datetime, pace: Pace = USUAL) -> bool:
    """The next requirement of a run that is claimed; False where there was none left, and it is done.

    Call it outside any transaction. Killed at any moment, it is this one requirement that is tried again; but not for
    ever.
    """
    done = dict(run.results.values_list("requirement", "notes"))
    waiting = _next(suites, set(done))
    if waiting is None:
        _finish(run, now=now)
        return False
    suite, requirement = waiting
    earlier = [call for notes in done.values() for call in calls_of(notes)]
    began = time.monotonic()
    if _begin(run, requirement):
        result = _tried(Assignment(run, now, pace, run.second_secret), suite, requirement, earlier)
    else:
        result = Result(requirement.name, Outcome.FAIL, BROKE_OFF, {"code": "could_not_be_tried"})
    _keep(run, requirement, result, seconds=time.monotonic() - began, now=now)
    return True


@transaction.atomic
def claim(*, now: datetime, run: CertificationRun | None = None) -> CertificationRun | None:
    """The one that waits longest, or this one where nobody else is at it; ours until the lease ends."""
    free = CertificationRun.objects.exclude(status=Status.DONE).filter(
        Q(claimed_until=None) | Q(claimed_until__lte=now)
    )  # fmt: skip
    if run is not None:
        free = free.filter(pk=run.pk)
    for row in jobs.claim(free.select_related("partner", "cloud__partner").order_by("asked_at"), limit=1):
        row.claimed_until, row.status, row.started_at = now + LEASE, Status.RUNNING, row.started_at or now
        row.save(update_fields=["claimed_until", "status", "started_at"])
        return row
    return None


def let_go(run: CertificationRun) -> None:
    """For whoever comes next, at once. Not after an unforeseen fault: until the lease ends, others have their turn."""
    CertificationRun.objects.filter(pk=run.pk).exclude(status=Status.DONE).update(claimed_until=None)


def in_order(suites: Sequence[Suite]) -> list[tuple[Suite, Requirement]]:
    """What comes last comes after everything, of whichever suite."""
    every = [(suite, each) for suite in suites for each in suite.requirements]
    return sorted(every, key=lambda pair: pair[1].is_last)


def _next(suites: Sequence[Suite], done: set[str]) -> tuple[Suite, Requirement] | None:
    return next((pair for pair in in_order(suites) if pair[1].name not in done), None)


@transaction.atomic
def _begin(run: CertificationRun, requirement: Requirement) -> bool:
    """On record before it is tried: who is killed has no word afterwards. False where that was often enough."""
    held = CertificationRun.objects.select_for_update().get(pk=run.pk)
    held.attempts = held.attempts + 1 if held.trying == requirement.name else 1
    held.trying = requirement.name
    held.save(update_fields=["trying", "attempts"])
    return held.attempts <= MOST_ATTEMPTS


def _tried(assignment: Assignment, suite: Suite, requirement: Requirement, earlier: list[CallMade]) -> Result:
    desk = suite.desk_of(assignment, earlier)
    if assignment.run.cloud is not None and assignment.run.cloud.partner_id != assignment.run.partner_id:
        return Result(requirement.name, Outcome.FAIL, "The cloud is another partner's.")
    if assignment.run.cloud is not None and not is_test_environment(assignment.run.cloud):
        return Result(requirement.name, Outcome.NOT_TRIED, "The cloud is no longer marked as a test environment.")
    return attempt(requirement, suite.vocabulary, desk, assignment.subject)


@transaction.atomic
def _keep(run: CertificationRun, requirement: Requirement, result: Result, *, seconds: float, now: datetime) -> None:
    """Of two who tried the same, the first one's stands."""
    CheckResult.objects.bulk_create(
        [
            CheckResult(
                run=run, requirement=requirement.name, title=requirement.title, section=requirement.section,
                remedy=requirement.remedy, is_recommended=requirement.is_recommended, outcome=result.outcome,
                said=result.said, evidence=result.evidence, notes=result.notes, tried_at=now, seconds=seconds,
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip


@transaction.atomic
def _finish(run: CertificationRun, *, now: datetime) -> None:
    held = CertificationRun.objects.select_for_update().get(pk=run.pk)
    if held.status == Status.DONE:
        return
    held.status, held.finished_at, held.claimed_until = Status.DONE, now, None
    held.set_second_secret(None)
    held.save()


def _only_cloud(partner: Partner) -> Cloud | None:
    """Of those that may be tried. None for a partner that has no cloud at all: its data is pushed."""
    clouds = list(partner.clouds.order_by("name"))
    fit = [each for each in clouds if is_test_environment(each)] or clouds
    if len(fit) > 1:
        raise Refusal("validation_failed", f"Say which cloud: {', '.join(each.name for each in fit)}.")
    return fit[0] if fit else None
