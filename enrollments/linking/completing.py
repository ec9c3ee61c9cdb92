"""The end user agreed: consent is recorded, devices join, and the access becomes theirs. All of it, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from devices.connections import adopting, reach
from devices.models import Connection, Device
from enrollments import duplicates, intake
from enrollments.account import contacts
from enrollments.claims import EligibilityClaim, EnrollmentClaim, SiteClaim
from enrollments.consent import Claim as ConsentClaim
from enrollments.linking import sessions
from enrollments.linking.found import Seen, Standing, kept, weigh
from enrollments.linking.granting import END_USER, StepFailedError
from enrollments.linking.places import differs, noted_address
from enrollments.linking.presentation import told
from enrollments.matching import Finding
from enrollments.models import Consent, Enrollment, LinkSession
from enrollments.stacking import consent_by_oauth
from partners import webhooks
from partners.models import Customer, Partner
from programs.models import Program
from texture_portal.holding import hold
from texture_portal.refusals import Refusal
from texture_portal.writing import insert

METHOD = "web_form"
# What intake's own rules say no with, as the end user is told of it.
REFUSED = {
    "enrollment_exists": "already_linked",
    "device_enrolled_elsewhere": "elsewhere",
    "territory_unsupported": "no_match",
    "location_invalid": "no_match",
    "manufacturer_not_allowed": "ineligible",
    "partner_not_certified": "ineligible",
}


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the end user agreed to, and from where. `more` goes into the sealed evidence."""

    terms_version: str
    program_types: tuple[str, ...]
    programs: tuple[Program, ...]
    ip_address: str
    user_agent: str
    language: str
    more: tuple[tuple[str, str], ...] = ()

    def as_consent(self, *, now: datetime) -> ConsentClaim:
        evidence = {
            "method": METHOD,
            "ipAddress": self.ip_address,
            "userAgent": self.user_agent,
            "language": self.language,
            **dict(self.more),
        }
        return ConsentClaim(
            granted_at=now,
            source=Consent.Source.WEB_PORTAL,
            terms_version=self.terms_version,
            program_types=self.program_types,
            evidence={name: value for name, value in evidence.items() if value},
        )


def chosen_of(session: LinkSession) -> list[Seen]:
    """What the end user chose, as it stands now. Raises `StepFailedError` where one of them cannot be linked."""
    if session.cloud is None:
        return []
    wanted = set(session.notes.get("chosen", []))
    seen = [each for each in weigh(session, session.cloud, kept(session)) if each.listed.id in wanted]
    for each in seen:
        if not each.can_be_chosen:
            raise StepFailedError("already_linked" if each.standing is Standing.LINKED else "elsewhere")
    if len({each.enrollment.customer_id for each in seen if each.enrollment}) > 1:
        raise StepFailedError("several_customers")
    return seen


def complete(
    session: LinkSession, agreement: Agreement, *, finding: Finding, email: str = "", browser: str, now: datetime
) -> LinkSession:
    """`finding`: of the noted address. Raises `StepFailedError`: then nothing of it was done."""
    try:
        with transaction.atomic():
            row = sessions.hold(session)
            if row.is_over(now=now) or not sessions.is_browser(row, browser) or row.connection is None:
                raise StepFailedError("session_over")
            return _complete(row, row.connection, agreement, finding=finding, email=email, now=now)
    except Refusal as refusal:
        raise StepFailedError(REFUSED.get(refusal.code, "ineligible")) from refusal


def _complete(
    row: LinkSession, connection: Connection, agreement: Agreement, *, finding: Finding, email: str, now: datetime
) -> LinkSession:
    partner, address = connection.cloud.partner, noted_address(row)
    if partner.status != Partner.Status.ACTIVE:  # suspended while its customer was on the way
        raise StepFailedError("not_set_up")
    before = chosen_of(row)
    if not before or address is None:
        raise StepFailedError("session_over")
    reference = row.customer_reference or f"link-{row.pk}"
    claims = {each.listed.id: _claim(each, agreement, finding, reference=reference, now=now) for each in before}
    hold({name for claim in claims.values() for name in duplicates.names(partner, claim)})
    chosen = chosen_of(row)  # as they are now that nobody else can change them
    if differs(chosen, address):
        raise StepFailedError("address_differs_from_enrollment")
    customer = _customer(chosen, row, reference=reference)
    enrollments = [_link(each, claims[each.listed.id], customer, agreement, finding, now=now) for each in chosen]
    _reach(connection, customer, enrollments, now=now)
    if email:
        contacts.keep(customer, email, language=agreement.language, now=now)
    row.linked = [each.pk for each in enrollments]
    sessions.close(row, LinkSession.State.COMPLETED, now=now)
    if row.partner is not None:
        webhooks.announce(
            partner=row.partner, type="link_session.completed", data=lambda: told(row, now=now),
            subject=enrollments[0].pk, now=now,
        )  # fmt: skip
    return row


def _claim(seen: Seen, agreement: Agreement, finding: Finding, *, reference: str, now: datetime) -> EnrollmentClaim:
    return EnrollmentClaim(
        device=seen.listed.as_claim(now=now),
        site=SiteClaim(finding.site.address),
        customer_reference=reference,
        consent=agreement.as_consent(now=now),
        eligibility=EligibilityClaim(program_ids=tuple(each.pk for each in agreement.programs)),
    )


def _customer(chosen: Sequence[Seen], row: LinkSession, *, reference: str) -> Customer:
    """Whose device one of them is already; else the partner's customer, or a new one."""
    for each in chosen:
        if each.enrollment is not None:
            return each.enrollment.customer
    if row.connection is None:
        raise StepFailedError("session_over")
    customer = intake.customer_of(row.connection.cloud.partner, reference)
    if customer._state.adding:
        customer.save()
    return customer


def _link(
    seen: Seen, claim: EnrollmentClaim, customer: Customer, agreement: Agreement, finding: Finding, *, now: datetime
) -> Enrollment:
    if seen.enrollment is not None:
        return _add_to(seen.enrollment, agreement, now=now)
    partner = customer.partner
    intake.check_claim(claim, partner=partner, now=now)
    claim = replace(claim, customer_reference=customer.reference_id)
    made = intake.enroll_linked(claim, partner=partner, customer=customer, finding=finding, now=now, by=END_USER)
    insert(made.unwritten)
    return made.enrollment


def _add_to(enrollment: Enrollment, agreement: Agreement, *, now: datetime) -> Enrollment:
    """A choice that was narrow is widened by what the end user chose; programs that they had left take them again."""
    held = Enrollment.objects.locked().get(pk=enrollment.pk)
    chosen = [each.pk for each in agreement.programs]
    if held.program_choice:
        held.program_choice = list(dict.fromkeys([*held.program_choice, *chosen]))
    held.programs_left = [each for each in held.programs_left if each not in chosen]
    held.save(update_fields=["program_choice", "programs_left"])
    return consent_by_oauth(held, agreement.as_consent(now=now), now=now, by=END_USER)


def _reach(connection: Connection, customer: Customer, enrollments: Sequence[Enrollment], *, now: datetime) -> None:
    """The new access reaches the devices; one that reached them before and reaches nothing more is ended."""
    devices = list(Device.objects.filter(pk__in=[each.device_id for each in enrollments]))
    before = {each.connection for each in devices if each.connection is not None}
    adopted = adopting.adopt(connection, customer, now=now, by=END_USER)
    reach.attach(adopted, devices)
    for old in before - {adopted}:
        if old.grantor == Connection.Grantor.END_USER and not old.devices.exists():
            sessions.end_connection(old, reason="linked anew", now=now, by=END_USER)
