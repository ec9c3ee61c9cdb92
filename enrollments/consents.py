"""Recording consents, each with its evidence: a newer one of a path replaces the older (§11.5, §11.8)."""

import json
from collections.abc import Callable
from datetime import datetime

from enrollments import consent, ledger, lifecycle
from enrollments.consent import CERTIFICATION_VERSION, Claim
from enrollments.duplicates import last_revocation
from enrollments.models import Consent, Enrollment
from enrollments.states import State
from partners.models import Customer, SignedRequest
from texture_portal.actors import Actor
from texture_portal.refusals import Refusal

Evidence = Callable[[Customer], SignedRequest]


def give_consent(
    enrollment: Enrollment,
    claim: Claim,
    *,
    path: Consent.Path,
    evidence: Evidence | None,
    signed_at: datetime,
    now: datetime,
    by: Actor,
    pointer: str = "/consent",
) -> None:
    """A first opt-in or a re-consent on an enrollment that exists; the caller holds its row locked.

    `evidence` is None where no partner signed a request: the end user consented on our own page.

    Raises `Refusal`: `state_conflict` on a revoked enrollment, else whatever `consent.check` finds.
    """
    if enrollment.state == State.REVOKED:
        raise Refusal("state_conflict", "The enrollment is revoked: a new consent starts a new enrollment.")
    revoked_at = last_revocation(enrollment.partner, enrollment.device.manufacturer_device_id)
    consent.check(claim, now=now, signed_at=signed_at, revoked_at=revoked_at, pointer=pointer)
    original = evidence(enrollment.customer) if evidence else None
    if original is not None:
        original.save()
    write(enrollment, claim, path=path, original=original, now=now, by=by)
    if path != enrollment.method and enrollment.method != Enrollment.Method.HYBRID:
        enrollment.method = Enrollment.Method.HYBRID
    lifecycle.advance(enrollment, now=now, by=by)


def draft(
    enrollment: Enrollment, claim: Claim, *, path: Consent.Path, original: SignedRequest | None, now: datetime
) -> Consent:
    """The consent as a row that is not yet written, its evidence sealed under the customer's key."""
    made = Consent(enrollment=enrollment, path=path)
    _state(made, claim, original=original, now=now)
    return made


def write(
    enrollment: Enrollment,
    claim: Claim,
    *,
    path: Consent.Path,
    original: SignedRequest | None,
    now: datetime,
    by: Actor,
) -> None:
    """An older consent that arrives late is kept in the history and changes nothing that stands."""
    standing = enrollment.consents.filter(path=path).first()
    if standing is None:
        standing = draft(enrollment, claim, path=path, original=original, now=now)
        reason = "consent_granted"
    elif _order(claim) >= _order(standing.as_claim()):
        _state(standing, claim, original=original, now=now)
        reason = "consent_renewed"
    else:
        late = Consent.objects.get(pk=standing.pk)
        _state(late, claim, original=original, now=now)
        ledger.note(enrollment, late, reason="consent_superseded", by=by, now=now)
        return
    ledger.note(enrollment, standing, reason=reason, by=by, now=now)
    standing.save()
    enrollment.touch(now)


def _state(made: Consent, claim: Claim, *, original: SignedRequest | None, now: datetime) -> None:
    made.granted_at = claim.granted_at
    made.source = claim.source
    made.terms_version = claim.terms_version
    made.program_types = sorted(set(claim.program_types))
    made.received_at = now
    made.certification_version = CERTIFICATION_VERSION
    made.signed_request = original
    made.signed_request_digest = original.digest if original else None
    made.sealed_evidence = _sealed(made, claim)


def _sealed(made: Consent, claim: Claim) -> bytes | None:
    if not claim.evidence:
        return None
    plain = json.dumps(claim.evidence, sort_keys=True).encode()
    return made.enrollment.customer.seal(plain, place=f"consent-evidence:{made.pk}")


def _order(claim: Claim) -> tuple[datetime, list[str]]:
    """By time; of two granted at one instant the order must be the same whichever comes first."""
    return claim.granted_at, sorted(set(claim.program_types))
