"""A partner enrolls a device (§11.2-11.5): checked, matched, recorded with its evidence, moved on."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Model

from devices.models import Device
from devices.models.device import CLEARANCE
from enrollments import consent, consents, duplicates, ledger, lifecycle, matching, notices
from enrollments.claims import DeviceClaim, EnrollmentClaim
from enrollments.consent import Claim as ConsentClaim
from enrollments.consents import Evidence, give_consent
from enrollments.matching import Finding
from enrollments.models import Consent, Enrollment
from enrollments.models.enrollment import MatchOutcome
from enrollments.overview import Overview
from partners import certificates
from partners.models import Customer, Partner
from programs.models import Program
from texture_portal.actors import Actor
from texture_portal.refusals import Fault, Refusal, refuse

STATED = (
    "serial_number",
    "manufacturer",
    "model",
    "type",
    "commissioned_on",
    "controllable",
    "telemetry",
    "ratings",
)
CLAIMED = (*STATED, "commands", "customer", "site", "serial_key", "updated_at", *CLEARANCE)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """`new` is the overview of an enrollment that is new, and `unwritten` all its rows, for one statement."""

    enrollment: Enrollment
    new: Overview | None = None
    unwritten: tuple[Model, ...] = ()


def check_claim(claim: EnrollmentClaim, *, partner: Partner, now: datetime) -> None:
    """What the claim alone decides. Raises `Refusal`: `manufacturer_not_allowed`, `partner_not_certified` for a maker's
    devices, or an unknown program."""
    if not partner.may_enroll(claim.device.manufacturer):
        raise refuse(
            "manufacturer_not_allowed",
            f"You enroll devices of these makers: {', '.join(partner.manufacturers)}.",
            pointer="/device/manufacturer",
        )
    certificates.check_maker(partner, claim.device.manufacturer, now=now)
    check_programs(claim.eligibility.program_ids)


def check_programs(program_ids: tuple[UUID, ...]) -> None:
    known = set(Program.objects.filter(pk__in=program_ids).values_list("pk", flat=True)) if program_ids else set()
    faults = tuple(
        Fault(f"/eligibility/programIds/{place}", "invalid", "No program has this id.")
        for place, program_id in enumerate(program_ids)
        if program_id not in known
    )
    if faults:
        raise Refusal("validation_failed", "The request names programs that do not exist.", faults)


def enroll(
    claim: EnrollmentClaim,
    *,
    partner: Partner,
    finding: Finding,
    evidence: Evidence,
    signed_at: datetime,
    now: datetime,
    by: Actor,
    known: bool | None = None,
) -> Enrolled:
    """The enrollment, new and yet to be written; or the one that the customer made by OAuth only, added to (§11.8).

    Call it in a transaction that holds `duplicates.names`; `known` is what `duplicates.known_among` says, where that
    was asked since. Raises `Refusal`, in the contract's order: state, consent, territory.
    """
    if known is None:
        known = bool(duplicates.known_among(partner, [claim]))
    device, by_oauth = _check(claim, partner=partner, finding=finding, signed_at=signed_at, now=now, known=known)
    if by_oauth is not None:
        return Enrolled(_merge(by_oauth, claim, evidence=evidence, signed_at=signed_at, now=now, by=by))
    customer = customer_of(partner, claim.customer_reference, known=known)
    enrollment = _draft(claim, partner=partner, customer=customer, now=now)
    matching.record(enrollment, finding, now=now)
    enrollment.device = _device(device, claim.device, enrollment)
    enrollment.opening_request = evidence(customer)
    return _begin(enrollment, claim.consent, path=Consent.Path.OEM, now=now, by=by)


def enroll_linked(
    claim: EnrollmentClaim, *, partner: Partner, customer: Customer, finding: Finding, now: datetime, by: Actor
) -> Enrolled:
    """By the end user, who linked the device by OAuth and consented on our page: no partner signed anything.

    Call it in a transaction that holds `duplicates.names`. Raises `Refusal` as `enroll` does.
    """
    device, open_one = duplicates.known_device(partner, claim.device)
    if open_one is not None:
        raise Refusal("enrollment_exists", "The device has an open enrollment.")
    if finding.refusal is not None:
        raise finding.refusal
    enrollment = _draft(claim, partner=partner, customer=customer, now=now)
    enrollment.method = Enrollment.Method.OAUTH
    matching.record(enrollment, finding, now=now)
    enrollment.device = _device(device, claim.device, enrollment)
    return _begin(enrollment, claim.consent, path=Consent.Path.OAUTH, now=now, by=by)


def check(claim: EnrollmentClaim, *, partner: Partner, finding: Finding, signed_at: datetime, now: datetime) -> None:
    """What stands against it as things are; writes nothing, so that a dry run can ask. Raises as `enroll` does."""
    known = bool(duplicates.known_among(partner, [claim]))
    _check(claim, partner=partner, finding=finding, signed_at=signed_at, now=now, known=known)


def _check(
    claim: EnrollmentClaim, *, partner: Partner, finding: Finding, signed_at: datetime, now: datetime, known: bool
) -> tuple[Device | None, Enrollment | None]:
    """Gives the device where it is known, and its enrollment by OAuth only."""
    device, by_oauth = duplicates.known_device(partner, claim.device) if known else (None, None)
    if claim.consent is not None:
        device_id = claim.device.manufacturer_device_id
        revoked_at = duplicates.last_revocation(partner, device_id) if known else None
        consent.check(claim.consent, now=now, signed_at=signed_at, revoked_at=revoked_at)
    if by_oauth is None and finding.refusal is not None:
        raise finding.refusal
    return device, by_oauth


def _begin(
    enrollment: Enrollment, claim: ConsentClaim | None, *, path: Consent.Path, now: datetime, by: Actor
) -> Enrolled:
    opening = enrollment.opening_request
    ledger.note(enrollment, enrollment, reason="enrollment_received", by=by, now=now, original=opening)
    given = _consents(enrollment, claim, path=path, now=now, by=by)
    standing = consent.standing([each.as_grant() for each in given], revoked_at=None)
    made = lifecycle.begin(enrollment, standing=standing, now=now, by=by)
    if not enrollment.device._state.adding:  # what it reported itself is not the claim's to write
        enrollment.device.save(update_fields=CLAIMED)
    around = [enrollment.customer, enrollment.site, enrollment.device, enrollment.opening_request]
    cases = [made.case] if made.case else []
    rows = [*around, enrollment, *given, *made.participations, *cases]
    new = [row for row in rows if row is not None and row._state.adding]
    overview = Overview(enrollment, standing, tuple(each.program for each in made.participations), made.case)
    notices.tell_of_new(overview, now=now)
    return Enrolled(enrollment, overview, unwritten=(*new, *enrollment.take_entries()))


def _consents(
    enrollment: Enrollment, claim: ConsentClaim | None, *, path: Consent.Path, now: datetime, by: Actor
) -> list[Consent]:
    if claim is None:
        return []
    given = consents.draft(enrollment, claim, path=path, original=enrollment.opening_request, now=now)
    ledger.note(enrollment, given, reason="consent_granted", by=by, now=now)
    return [given]


def _merge(
    enrollment: Enrollment,
    claim: EnrollmentClaim,
    *,
    evidence: Evidence,
    signed_at: datetime,
    now: datetime,
    by: Actor,
) -> Enrollment:
    enrollment = Enrollment.objects.locked().get(pk=enrollment.pk)
    enrollment.method = Enrollment.Method.HYBRID
    if claim.consent is None:
        lifecycle.advance(enrollment, now=now, by=by)
    else:
        give_consent(
            enrollment, claim.consent, path=Consent.Path.OEM, evidence=evidence, signed_at=signed_at, now=now, by=by
        )
    return enrollment


def customer_of(partner: Partner, reference_id: str, *, known: bool = True) -> Customer:
    """The partner's customer, made where new: also where one of that reference was erased, since nothing names it."""
    customer = Customer.objects.filter(partner=partner, reference_id=reference_id).first() if known else None
    if customer is None:
        customer = Customer(partner=partner, reference_id=reference_id)
        customer.give_key()
    return customer


def _draft(claim: EnrollmentClaim, *, partner: Partner, customer: Customer, now: datetime) -> Enrollment:
    return Enrollment(
        partner=partner,
        customer=customer,
        match_outcome=MatchOutcome.DEFERRED,
        utility_account_number=claim.utility_account_number,
        account_claimed_verified=claim.eligibility.account_verified,
        program_choice=list(claim.eligibility.program_ids),
        installer_id=claim.eligibility.installer_id,
        sales_channel=claim.eligibility.sales_channel,
        created_at=now,
        updated_at=now,
        advanced_at=now,
    )


def _device(device: Device | None, claim: DeviceClaim, enrollment: Enrollment) -> Device:
    device = device or Device(partner=enrollment.partner, manufacturer_device_id=claim.manufacturer_device_id)
    device.customer, device.site = enrollment.customer, enrollment.site
    device.serial_key = duplicates.serial_key(claim)
    for name in STATED:
        setattr(device, name, getattr(claim, name))
    device.commands = sorted(set(claim.commands))
    return device
