"""What stands between an enrollment and `active`, and whose move it is (contract §3, requiredActions)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from enrollments import facts as fact
from enrollments.consent import ConsentStatus, Standing
from enrollments.models import Enrollment, ReviewCase
from enrollments.models.enrollment import MatchOutcome
from enrollments.overview import Overview
from enrollments.states import State

CODE_FOR = {
    ReviewCase.Kind.TERRITORY: "confirm_territory",
    ReviewCase.Kind.VERIFICATION: "verify_utility_account",
    ReviewCase.Kind.OWNERSHIP: "confirm_ownership",
    ReviewCase.Kind.CONFLICT: "confirm_ownership",
    ReviewCase.Kind.REMATCH: "confirm_territory",
}


class By(StrEnum):
    PARTNER = "partner"
    CUSTOMER = "customer"
    PORTAL = "portal"


@dataclass(frozen=True, slots=True)
class RequiredAction:
    code: str
    by: By
    description: str
    due_at: datetime | None = None


def required_actions(shown: Overview) -> list[RequiredAction]:
    """The lifecycle's table read the other way; empty where the enrollment is active or has ended."""
    enrollment, due_at = shown.enrollment, shown.case.due_at if shown.case else None
    if enrollment.state == State.REVOKED:
        return []
    asked = [_asked(case) for case in shown.asked]
    if enrollment.state == State.ACTIVE:
        return asked
    found = (
        _territory(enrollment, due_at),
        _consent(shown.standing),
        _question(enrollment, due_at),
        _program(enrollment, shown.standing),
        _participation(enrollment),
    )
    replaced = {action.code for action in asked}
    return asked + [action for action in found if action is not None and action.code not in replaced]


def _asked(case: ReviewCase) -> RequiredAction:
    """Staff wait for the partner: it reads what they asked for."""
    return RequiredAction(CODE_FOR[ReviewCase.Kind(case.kind)], By.PARTNER, case.information_request, case.due_at)


def _territory(enrollment: Enrollment, due_at: datetime | None) -> RequiredAction | None:
    match enrollment.match_outcome:
        case MatchOutcome.DEFERRED:
            return RequiredAction(
                "await_geocoding", By.PORTAL, "The address is located as soon as a geocoder answers.",
                enrollment.geocode_due_at,
            )  # fmt: skip
        case MatchOutcome.INVALID_LOCATION:
            return RequiredAction("correct_address", By.PARTNER, "The address cannot be located: send it corrected.")
        case MatchOutcome.AMBIGUOUS:
            description = "Staff decide which utility serves the site."
            return RequiredAction("confirm_territory", By.PORTAL, description, due_at)
        case _:
            return None


def _consent(standing: Standing) -> RequiredAction | None:
    match standing.status:
        case ConsentStatus.NONE:
            return RequiredAction("provide_consent", By.PARTNER, "Send the customer's consent once it is given.")
        case ConsentStatus.EXPIRED:
            return RequiredAction("renew_consent", By.CUSTOMER, "The consent expired: the customer has to renew it.")
        case ConsentStatus.REVOKED:
            return RequiredAction("renew_consent", By.CUSTOMER, "The customer revoked: only a later consent reopens.")
        case _:
            return None


def _question(enrollment: Enrollment, due_at: datetime | None) -> RequiredAction | None:
    if enrollment.state != State.PENDING_VERIFICATION:
        return None
    if enrollment.state_reason == fact.OWNERSHIP_TRANSFERRED:
        description = "Staff confirm whether the device changed hands."
        return RequiredAction("confirm_ownership", By.PORTAL, description, due_at)
    if enrollment.state_reason != fact.ACCOUNT_UNVERIFIED:
        return None
    if not enrollment.account_claimed_verified:
        description = "Verify the utility account with the customer and say so: number and utilityAccountVerified."
        return RequiredAction("verify_utility_account", By.PARTNER, description)
    description = "Staff check with the utility that the account is verified."
    return RequiredAction("verify_utility_account", By.PORTAL, description, due_at)


def _program(enrollment: Enrollment, standing: Standing) -> RequiredAction | None:
    waits = enrollment.match_outcome == MatchOutcome.PARTIAL or (
        enrollment.state == State.OPTED_IN and standing.is_valid
    )
    description = "No program in force with room takes this device within the consent's scope; it moves on by itself."
    return RequiredAction("await_program", By.PORTAL, description) if waits else None


def _participation(enrollment: Enrollment) -> RequiredAction | None:
    if enrollment.state == State.ENROLLED:
        return RequiredAction("report_telemetry", By.PARTNER, "Participation begins with the device's first reading.")
    if enrollment.state != State.SUSPENDED:
        return None
    if enrollment.state_reason == fact.COMPLIANCE:
        return RequiredAction("resolve_compliance", By.PARTNER, "Staff suspended it: resolve the issue with them.")
    return RequiredAction("restore_connectivity", By.PARTNER, "The device is silent: bring it back on line.")
