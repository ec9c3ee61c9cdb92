"""What happens in the world around an enrollment, played at the partner's request by the verbs that do it in earnest.

A new scenario is a new entry of `SCENARIOS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from devices.commands.issuing import DispatchClearance, Order, issue
from devices.commands.states import Status
from enrollments import interventions, review, stacking
from enrollments.linking.granting import END_USER
from enrollments.models import Enrollment, ReviewCase
from enrollments.partner_sandbox import stage
from territories.models import Utility
from texture_portal import actors
from texture_portal.refusals import Refusal

REVIEWER = "sandbox-reviewer"  # nobody can log in as them
REASON = "played in the sandbox"
LASTS, ACKNOWLEDGED_WITHIN = timedelta(minutes=15), timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Told:
    """What the partner said beside which scenario it wants."""

    now: datetime
    utility: str = ""
    command: str = ""
    input: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """`play` raises `Refusal` where the enrollment is not where the scenario begins."""

    comes_to: str
    play: Callable[[Enrollment, Told], object]


@transaction.atomic
def play(name: str, enrollment: Enrollment, told: Told) -> Enrollment:
    """Raises `NoStageError` in a database that is no sandbox's."""
    stage.check_database()
    SCENARIOS[name].play(enrollment, told)
    return Enrollment.objects.locked().get(pk=enrollment.pk)


def _resolve(enrollment: Enrollment, told: Told) -> None:
    case = _case(enrollment)
    review.resolve_territory(case, utility=_utility(case, told), reason=REASON, now=told.now, user=_reviewer())


def _reject(enrollment: Enrollment, told: Told) -> None:
    review.end_enrollment(_case(enrollment), reason=REASON, now=told.now, user=_reviewer())


def _ask(enrollment: Enrollment, told: Told) -> None:
    question = "Which utility is on the customer's bill? (Asked in the sandbox.)"
    review.request_information(_case(enrollment), message=question, now=told.now, user=_reviewer())


def _verify(enrollment: Enrollment, told: Told) -> None:
    review.verify_account(_case(enrollment), reason=REASON, now=told.now, user=_reviewer())


def _suspend(enrollment: Enrollment, told: Told) -> None:
    interventions.suspend(enrollment, reason=REASON, now=told.now, user=_reviewer())


def _reinstate(enrollment: Enrollment, told: Told) -> None:
    interventions.reinstate(enrollment, reason=REASON, now=told.now, user=_reviewer())


def _revoke(enrollment: Enrollment, told: Told) -> None:
    stacking.revoke_by_oauth(enrollment, revoked_at=told.now, now=told.now, by=END_USER)


def _command(enrollment: Enrollment, told: Told) -> None:
    cleared = enrollment.device.cleared_types
    order = Order(
        enrollment.device,
        told.command,
        told.input,
        expires_at=told.now + ACKNOWLEDGED_WITHIN,
        ends_at=told.now + LASTS,
        clearance=DispatchClearance(cleared[0]) if cleared else None,
    )
    [command] = issue([order], now=told.now, by=actors.system("sandbox"))
    if command.status == Status.REJECTED:
        raise Refusal("state_conflict", f"The command was refused ({command.error_code}): {command.error_detail}")


SCENARIOS = {
    "resolve_review": Scenario("A reviewer decides for the first candidate, or for `utilityEiaId`.", _resolve),
    "reject_review": Scenario("A reviewer decides against the enrollment: it is `revoked`.", _reject),
    "ask_for_information": Scenario("A reviewer asks you: see `requiredActions`.", _ask),
    "verify_account": Scenario("A reviewer finds the utility account to be the customer's.", _verify),
    "suspend": Scenario("Held for compliance: `active` becomes `suspended`.", _suspend),
    "reinstate": Scenario("The hold is lifted.", _reinstate),
    "revoke_as_customer": Scenario("The customer takes every consent back on our page: `opted_out`.", _revoke),
    "command": Scenario(
        "The device is told `command` with `input`, through `command.requested` or as its connector says.", _command
    ),
}


def _case(enrollment: Enrollment) -> ReviewCase:
    case = ReviewCase.objects.filter(enrollment=enrollment, decided_at__isnull=True).order_by("due_at").first()
    if case is None:
        raise Refusal("state_conflict", "No review of this enrollment is open.")
    return case


def _utility(case: ReviewCase, told: Told) -> Utility:
    candidates = [each["utility"]["id"] for each in case.enrollment.match.get("candidates", [])]
    wanted = Utility.objects.filter(eia_id=told.utility) if told.utility else Utility.objects.filter(pk__in=candidates)
    utility = wanted.order_by("eia_id").first()
    if utility is None:
        raise Refusal("validation_failed", "There is no such utility in the sandbox. Remedy: leave it out.")
    return utility


def _reviewer() -> User:
    reviewer, made = User.objects.get_or_create(username=REVIEWER, defaults={"is_active": False})
    if made:
        reviewer.set_unusable_password()
        reviewer.save(update_fields=["password"])
    return reviewer
