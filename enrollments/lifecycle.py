"""The lifecycle (§11.4): facts move an enrollment by `advance`; leaving is by the verbs beside it.

The caller of a verb holds the enrollment's row locked (`Enrollment.objects.locked`), or has just made it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from devices.clearance import NOTHING
from enrollments import cases, clearance, duties, ledger, notices
from enrollments import facts as fact
from enrollments.consent import ConsentStatus, Standing
from enrollments.facts import Facts, weigh
from enrollments.models import Consent, Enrollment, ReviewCase
from enrollments.models.enrollment import IN_FORCE, IN_PROGRAMS, LIVE_BUT_OPTED_OUT, TERRITORY_KNOWN, MatchOutcome
from enrollments.placement import Placement, leave_all, place
from enrollments.states import State
from programs.models import Participation
from texture_portal.actors import Actor
from texture_portal.refusals import Refusal
from texture_portal.writing import insert

HELD_TO_QUESTION = [state for state in LIVE_BUT_OPTED_OUT if state is not State.PENDING_VERIFICATION]
MATCHED_ON = [state for state in HELD_TO_QUESTION if state is not State.DISCOVERED]


@dataclass(frozen=True, slots=True)
class Step:
    """From one of `sources`, by the transition `by`, for `reason`, when the facts (and the present reason) say so."""

    sources: Iterable[State]
    by: str
    reason: str | Callable[[Facts], str]
    when: Callable[[Facts, str], bool]


# The contract's table, first that applies first. `advance` walks it until no step applies.
STEPS = (
    Step(LIVE_BUT_OPTED_OUT, "opt_out", "consent_revoked", lambda f, _: f.consent is ConsentStatus.REVOKED),
    Step([State.OPTED_OUT], "rediscover", "consent_renewed", lambda f, _: f.consent is not ConsentStatus.REVOKED),
    Step(
        HELD_TO_QUESTION,
        "question_ownership",
        fact.OWNERSHIP_TRANSFERRED,
        lambda f, _: f.question == fact.OWNERSHIP_TRANSFERRED,
    ),
    Step(MATCHED_ON, "rediscover", "territory_changed", lambda f, _: not f.territory_known),
    Step(
        [State.DISCOVERED],
        "await_verification",
        fact.TERRITORY_AMBIGUOUS,
        lambda f, _: f.question == fact.TERRITORY_AMBIGUOUS,
    ),
    Step([State.DISCOVERED], "become_eligible", "territory_matched", lambda f, _: f.territory_known and f.fits),
    Step(
        [State.PENDING_VERIFICATION],
        "enroll",
        "program_assigned",
        lambda f, why: f.assigned and not f.question and why == fact.ACCOUNT_UNVERIFIED,
    ),
    Step(
        [State.PENDING_VERIFICATION],
        "lapse",
        lambda f: f"consent_{f.consent}",
        lambda f, why: f.consent is not ConsentStatus.VALID and not f.question and why == fact.ACCOUNT_UNVERIFIED,
    ),
    Step([State.PENDING_VERIFICATION], "rediscover", "question_settled", lambda f, _: not f.question),
    Step([State.ELIGIBLE], "opt_in", "consent_valid", lambda f, _: f.consent is ConsentStatus.VALID),
    Step(
        [state for state in IN_FORCE if state is not State.PENDING_VERIFICATION],
        "lapse",
        lambda f: f"consent_{f.consent}",
        lambda f, _: f.consent is not ConsentStatus.VALID,
    ),
    Step([State.OPTED_IN], "enroll", "program_assigned", lambda f, _: f.assigned),
    Step(
        [State.OPTED_IN],
        "await_verification",
        fact.ACCOUNT_UNVERIFIED,
        lambda f, _: f.question == fact.ACCOUNT_UNVERIFIED,
    ),
    Step(IN_PROGRAMS, "leave_programs", "left_last_program", lambda f, _: not f.assigned),
    Step([State.ENROLLED], "activate", "participation_began", lambda f, _: f.took_part),
    Step([State.ACTIVE], "suspend", lambda f: f.hold, lambda f, _: bool(f.hold)),
    Step([State.SUSPENDED], "activate", "hold_resolved", lambda f, _: not f.hold),
)
SOURCES = frozenset({*Consent.Source.values, "oauth", "staff", "system", "customer"})  # of revocations, as codes
IN_WORDS = "in_words"  # what a partner says otherwise is sealed with the entry: it may name somebody
LONGEST_WALK = 2 * len(State)
FORWARD = {"become_eligible", "opt_in", "enroll", "activate"}  # these need no reason beside the new state


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a new enrollment's first walk made, yet to be written."""

    participations: tuple[Participation, ...]
    case: ReviewCase | None


def advance(enrollment: Enrollment, *, now: datetime, by: Actor, why: str = "") -> None:
    """Moves the enrollment as far as its facts carry it, saves it, keeps its review cases and tells its partner.

    Idempotent. A revoked enrollment never moves again; what was noted of it is written.
    """
    if enrollment.state == State.REVOKED:
        enrollment.save()
        notices.tell(enrollment, now=now)
        return
    standing = enrollment.standing()
    placement = place(enrollment, standing=standing, now=now)
    insert(placement.joined)
    facts = _weigh(enrollment, standing, placement, now=now)
    _walk(enrollment, facts, now=now, by=by, why=why)
    clearance.clear(enrollment, standing=standing, participations=placement.participations, now=now, by=by)
    enrollment.save()
    cases.keep(enrollment, question=facts.question, now=now)
    notices.tell(enrollment, now=now)


def begin(enrollment: Enrollment, *, standing: Standing, now: datetime, by: Actor) -> Beginning:
    """The first walk of an enrollment that is not yet written: everything it makes is given back to be written."""
    placement = place(enrollment, standing=standing, now=now)
    facts = _weigh(enrollment, standing, placement, now=now)
    _walk(enrollment, facts, now=now, by=by)
    clearance.clear(enrollment, standing=standing, participations=placement.participations, now=now, by=by)
    return Beginning(placement.joined, cases.first_case(enrollment, question=facts.question, now=now))


def revoke(enrollment: Enrollment, *, reason: str, now: datetime, by: Actor, why: str = "") -> None:
    """Ends it for good: decommissioned, changed hands, by staff, or outside every territory. `why`: in their words."""
    if enrollment.state == State.REVOKED:
        raise Refusal("state_conflict", "The enrollment is revoked already.")
    leave_all(enrollment, reason=reason, now=now)
    enrollment.geocode_due_at = None
    _move(enrollment, "revoke", reason=reason, now=now, by=by, note=why)
    clearance.narrow(enrollment.device, NOTHING, reason=reason, now=now, by=by)
    enrollment.save()
    cases.close_all(enrollment, now=now)
    notices.tell(enrollment, now=now)


def revoke_consent(
    enrollment: Enrollment, *, revoked_at: datetime, source: str, now: datetime, by: Actor, why: str = ""
) -> None:
    """Strikes every consent granted until then, by whichever path, and opts out (§11.8).

    The other side is told unless later consents are all that there is: then nothing changed.
    """
    known = enrollment.consent_revoked_at
    if known is None or known < revoked_at:
        enrollment.consent_revoked_at = revoked_at
        ledger.note(enrollment, enrollment, reason="consent_revoked", now=now, by=by)
        if enrollment.consents.filter(granted_at__lte=revoked_at).exists() or not enrollment.consents.exists():
            notices.note_consent_revoked(enrollment, revoked_at=revoked_at, source=source)
            duties.owe(enrollment, revoked_at=revoked_at, now=now, by=by)
    for consent in enrollment.consents.filter(granted_at__lte=revoked_at):
        if consent.revoked_at is None or consent.revoked_at < revoked_at:
            consent.revoked_at, consent.revocation_source = revoked_at, source if source in SOURCES else IN_WORDS
            words = "" if source in SOURCES else source
            _write_consent(enrollment, consent, reason="consent_revoked", words=words, now=now, by=by)
    advance(enrollment, now=now, by=by, why=why)


def expire_consent(enrollment: Enrollment, *, expired_at: datetime, path: str, now: datetime, by: Actor) -> None:
    """Ends the validity of what was granted by `path` until then; the customer may consent anew."""
    known = enrollment.expiry(path)
    if known is None or known < expired_at:
        enrollment.consent_expiries = {**enrollment.consent_expiries, path: expired_at.isoformat()}
    for consent in enrollment.consents.filter(path=path, granted_at__lte=expired_at):
        if consent.expired_at is None or consent.expired_at < expired_at:
            consent.expired_at = expired_at
            _write_consent(enrollment, consent, reason="consent_expired", now=now, by=by)
    advance(enrollment, now=now, by=by)


def relocate(enrollment: Enrollment, *, now: datetime, by: Actor, reason: str = "relocated") -> None:
    """Back to discovered, to be matched from there; while a question of ownership is open it waits where it is."""
    if enrollment.state in MATCHED_ON:
        _move(enrollment, "rediscover", reason=reason, now=now, by=by)


def hold_for_compliance(enrollment: Enrollment, *, reason: str, now: datetime, by: Actor) -> None:
    if enrollment.state != State.ACTIVE:
        raise Refusal("state_conflict", f"Only an active enrollment can be suspended; this one is {enrollment.state}.")
    enrollment.compliance_hold_at = now
    advance(enrollment, now=now, by=by, why=reason)


def release_hold(enrollment: Enrollment, *, reason: str, now: datetime, by: Actor) -> None:
    if enrollment.compliance_hold_at is None:
        raise Refusal("state_conflict", "The enrollment is not held for compliance.")
    enrollment.compliance_hold_at = None
    advance(enrollment, now=now, by=by, why=reason)


def report_connectivity_lost(enrollment: Enrollment, *, last_seen_at: datetime, now: datetime, by: Actor) -> None:
    if enrollment.connectivity_lost_at is None or enrollment.connectivity_lost_at < last_seen_at:
        enrollment.connectivity_lost_at = last_seen_at
    advance(enrollment, now=now, by=by)


def report_connectivity_restored(enrollment: Enrollment, *, restored_at: datetime, now: datetime, by: Actor) -> None:
    if enrollment.connectivity_restored_at is None or enrollment.connectivity_restored_at < restored_at:
        enrollment.connectivity_restored_at = restored_at
    advance(enrollment, now=now, by=by)


def report_ownership_transfer(enrollment: Enrollment, *, transferred_at: datetime, now: datetime, by: Actor) -> None:
    """Out of dispatch at once; a case asks staff whether it is so. One that is opted out stays so meanwhile."""
    enrollment.ownership_reported_at = transferred_at
    advance(enrollment, now=now, by=by)


def refute_ownership_transfer(enrollment: Enrollment, *, reason: str, now: datetime, by: Actor) -> None:
    enrollment.ownership_reported_at = None
    advance(enrollment, now=now, by=by, why=reason)


def _weigh(enrollment: Enrollment, standing: Standing, placement: Placement, *, now: datetime) -> Facts:
    if enrollment.fits_since is None and placement.fits:
        enrollment.fits_since = now
    if enrollment.match_outcome in TERRITORY_KNOWN:
        enrollment.match_outcome = MatchOutcome.MATCHED if enrollment.fits_since else MatchOutcome.PARTIAL
    return weigh(enrollment, standing=standing, placement=placement)


def _walk(enrollment: Enrollment, facts: Facts, *, now: datetime, by: Actor, why: str = "") -> None:
    for _ in range(LONGEST_WALK):
        step = _next_step(enrollment, facts)
        if step is None:
            break
        reason = step.reason if isinstance(step.reason, str) else step.reason(facts)
        _move(enrollment, step.by, reason=reason, note=why, now=now, by=by)
    else:
        raise RuntimeError(f"enrollment {enrollment.pk} walks in circles at {enrollment.state} with {facts}")
    if enrollment.state == State.PENDING_VERIFICATION:
        enrollment.state_reason = facts.question
    elif enrollment.state == State.SUSPENDED:
        enrollment.state_reason = facts.hold
    enrollment.advanced_at = now


def _next_step(enrollment: Enrollment, facts: Facts) -> Step | None:
    state, why = State(enrollment.state), enrollment.state_reason
    return next((step for step in STEPS if state in step.sources and step.when(facts, why)), None)


def _move(enrollment: Enrollment, transition: str, *, reason: str, now: datetime, by: Actor, note: str = "") -> None:
    """One transition, noted in the chain. A row that exists is saved at each step, so that the trigger sees each."""
    before = str(enrollment.state)
    getattr(enrollment, transition)()
    notices.note_move(enrollment, before=before, reason=reason)
    enrollment.state_reason = "" if transition in FORWARD else reason
    enrollment.touch(now)
    ledger.note(enrollment, enrollment, reason=reason, words=note, now=now, by=by)
    if not enrollment._state.adding:
        enrollment.save()


def _write_consent(
    enrollment: Enrollment, consent: Consent, *, reason: str, now: datetime, by: Actor, words: str = ""
) -> None:
    ledger.note(enrollment, consent, reason=reason, words=words, now=now, by=by)
    consent.save()
    enrollment.touch(now)
