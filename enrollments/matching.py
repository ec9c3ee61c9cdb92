"""From an address to the facts of a match (§11.3), and from a person's decision to the same facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from enrollments.claims import SiteClaim
from enrollments.models import Enrollment
from enrollments.models.enrollment import MatchOutcome
from territories import geocoding, index
from territories.addresses import Address
from territories.geocoding import AddressNotFoundError, GeocodersUnavailableError, Location, Verdict
from territories.matching import Candidate, Match, Overlay
from territories.models import Utility
from territories.sites import decide_site, draft_site, save_site
from texture_portal.refusals import Refusal, refuse

FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """What an address led to, found before any transaction. Neither location nor refusal: no geocoder was in reach."""

    site: SiteClaim
    location: Location | None = None
    match: Match | None = None
    refusal: Refusal | None = None

    @property
    def outcome(self) -> str:
        """The outcome on the wire, but for `partial`, which hangs on programs."""
        if self.refusal is not None:
            return "no_match" if self.refusal.code == "territory_unsupported" else "invalid_location"
        return self.match.outcome if self.match is not None else MatchOutcome.DEFERRED.value


def find(site: SiteClaim, *, pointer: str, keep: bool = True) -> Finding:
    """Geocodes and matches. `pointer` is where the address stands in the request, for the faults.

    Unless `keep`, nothing is kept of what a geocoder answers.
    """
    try:
        located: Verdict = geocoding.locate(site.address, coordinates=site.coordinates, keep=keep)
    except (AddressNotFoundError, GeocodersUnavailableError) as verdict:
        located = verdict
    return _finding(site, located, pointer=pointer)


def find_many(sites: Sequence[SiteClaim], *, pointer: str) -> list[Finding]:
    """What `find` says of each, in order; geocoders are asked for all together where they can be."""
    located = geocoding.locate_many([(site.address, site.coordinates) for site in sites])
    return [_finding(site, each, pointer=pointer) for site, each in zip(sites, located, strict=True)]


def _finding(site: SiteClaim, located: Verdict, *, pointer: str) -> Finding:
    if isinstance(located, GeocodersUnavailableError):
        return Finding(site)
    if isinstance(located, AddressNotFoundError):
        fault_at = f"{pointer}{located.pointer}"
        return Finding(
            site,
            refusal=refuse("location_invalid", located.reason, pointer=fault_at, suggestions=located.suggestions),
        )
    match = index.match(
        located,
        address=site.address,
        utility_hint=site.utility_hint,
        account_number=site.utility_account_number,
    )
    refusal = refuse("territory_unsupported", match.reason, pointer=pointer) if match.outcome == "no_match" else None
    return Finding(site, located, match, refusal)


def record(enrollment: Enrollment, finding: Finding, *, now: datetime) -> None:
    """Writes the site, or drafts it for a customer who is new, and sets the facts of the match."""
    site = finding.site
    new = enrollment.customer._state.adding
    enrollment.site = (draft_site if new else save_site)(
        customer_id=enrollment.customer_id,
        address=site.address,
        location=finding.location,
        match=finding.match,
        now=now,
    )
    enrollment.partner_coordinates = list(site.coordinates) if site.coordinates else None
    enrollment.utility_hint = site.utility_hint
    enrollment.match_outcome = _outcome(finding, is_decided=enrollment.site.decided_at is not None)
    enrollment.match = explanation(finding)
    enrollment.fits_since = None
    enrollment.touch(now)
    if finding.outcome == MatchOutcome.DEFERRED:
        enrollment.geocode_due_at = now + _pause(enrollment.geocode_attempts)
        enrollment.geocode_attempts += 1
    else:
        enrollment.geocode_due_at, enrollment.geocode_attempts = None, 0


def _outcome(finding: Finding, *, is_decided: bool) -> MatchOutcome:
    """A person who decided the site is not asked again."""
    outcome = MatchOutcome(finding.outcome)
    return MatchOutcome.MATCHED if is_decided and outcome == MatchOutcome.AMBIGUOUS else outcome


def record_decision(enrollment: Enrollment, *, utility: Utility, now: datetime) -> None:
    """A person says which utility serves the site, and the next match nearby hears of it."""
    overlay = decide_site(enrollment.site, utility=utility, now=now)
    enrollment.match = {**enrollment.match, "cca": _overlay_on_record(overlay)}
    enrollment.match_outcome = MatchOutcome.MATCHED
    enrollment.fits_since = None


def site_claim(enrollment: Enrollment) -> SiteClaim:
    """The claim that the enrollment's present site was made from."""
    site, coordinates = enrollment.site, enrollment.partner_coordinates
    address = Address(
        street_one=site.street_one,
        street_two=site.street_two,
        city=site.city,
        state=site.state,
        postal_code=site.postal_code,
        country=site.country,
    )
    return SiteClaim(
        address,
        (coordinates[0], coordinates[1]) if coordinates else None,
        enrollment.utility_hint,
        enrollment.utility_account_number,
    )


def candidate_on_wire(candidate: Candidate) -> dict[str, Any]:
    return {
        "utility": {
            "id": str(candidate.utility_id),
            "name": candidate.name,
            "eiaId": candidate.eia_id,
            "segment": candidate.segment,
        },
        "evidence": list(candidate.evidence),
        "score": candidate.score,
    }


def explanation(finding: Finding) -> dict[str, Any]:
    """What is kept with the match: `reason` and `candidates` as the partner reads them, the rest for reviewers."""
    match, location = finding.match, finding.location
    if match is None or location is None:
        return {"reason": finding.refusal.detail if finding.refusal else "", "candidates": []}
    return {
        "reason": match.reason,
        "candidates": [candidate_on_wire(candidate) for candidate in match.candidates],
        "testimony": {str(each.utility_id): [said._asdict() for said in each.testimony] for each in match.candidates},
        "cca": _overlay_on_record(match.overlay),
        "geocoder": location.geocoder,
        "accuracyMeters": location.accuracy_meters,
        "note": location.note,
        "dataSets": index.data_sets_in_force(),
    }


def _overlay_on_record(overlay: Overlay) -> dict[str, Any]:
    return {"outcome": overlay.outcome, "candidates": [candidate_on_wire(each) for each in overlay.candidates]}


def _pause(attempts: int) -> timedelta:
    doubled: timedelta = FIRST_RETRY * 2 ** min(attempts, 10)
    return min(doubled, LONGEST_RETRY)
