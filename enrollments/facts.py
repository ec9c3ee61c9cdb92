"""What is known of an enrollment, boiled down to what the lifecycle asks (§11.4)."""

from dataclasses import dataclass

from enrollments.consent import ConsentStatus, Standing
from enrollments.models import Enrollment
from enrollments.models.enrollment import TERRITORY_KNOWN, MatchOutcome
from enrollments.placement import Placement

TERRITORY_AMBIGUOUS = "territory_ambiguous"
OWNERSHIP_TRANSFERRED = "ownership_transferred"
ACCOUNT_UNVERIFIED = "utility_account_unverified"
CONNECTIVITY_LOST = "connectivity_lost"
COMPLIANCE = "compliance"


@dataclass(frozen=True, slots=True)
class Facts:
    """`question` is why it must wait for people ("" where nothing is asked), `hold` why it may not be active."""

    consent: ConsentStatus
    territory_known: bool
    fits: bool
    assigned: bool
    took_part: bool
    question: str
    hold: str


def weigh(enrollment: Enrollment, *, standing: Standing, placement: Placement) -> Facts:
    return Facts(
        consent=standing.status,
        territory_known=enrollment.match_outcome in TERRITORY_KNOWN,
        fits=enrollment.fits_since is not None,
        assigned=bool(placement.participations),
        took_part=_took_part(enrollment, placement),
        question=_question(enrollment, placement),
        hold=_hold(enrollment),
    )


def _question(enrollment: Enrollment, placement: Placement) -> str:
    if enrollment.ownership_reported_at is not None:
        return OWNERSHIP_TRANSFERRED
    if enrollment.match_outcome == MatchOutcome.AMBIGUOUS:
        return TERRITORY_AMBIGUOUS
    return ACCOUNT_UNVERIFIED if placement.account_wanted else ""


def _took_part(enrollment: Enrollment, placement: Placement) -> bool:
    """A sign of life since it was assigned: a fresh reading, or a completed command where it sends no telemetry."""
    sign = enrollment.device.last_sign_of_life_at
    return sign is not None and any(sign >= each.joined_at for each in placement.participations)


def _hold(enrollment: Enrollment) -> str:
    if enrollment.compliance_hold_at is not None:
        return COMPLIANCE
    return CONNECTIVITY_LOST if _is_silent(enrollment) else ""


def _is_silent(enrollment: Enrollment) -> bool:
    """Lost, and neither reported as restored nor heard of since. At a tie the loss wins."""
    lost_at = enrollment.connectivity_lost_at
    signs = (enrollment.connectivity_restored_at, enrollment.device.last_reading_at)
    return lost_at is not None and not any(sign is not None and sign > lost_at for sign in signs)
