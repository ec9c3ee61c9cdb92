"""One utility with programs, one partner, and `enroll`: the real intake over a finding made by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction

from enrollments import intake
from enrollments.claims import DeviceClaim, EligibilityClaim, EnrollmentClaim, SiteClaim
from enrollments.consent import Claim as ConsentClaim
from enrollments.matching import Finding
from partners.models import Partner, SignedRequest, SigningKey
from programs.creation import create_program
from territories.addresses import Address
from territories.geocoding import Location
from territories.matching import Candidate, Match
from territories.models import Utility
from texture_portal import actors
from texture_portal.ids import new_id
from texture_portal.writing import insert

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ADDRESS = Address("3501 Civic Center Dr", "", "San Rafael", "CA", "94903")
BY = actors.system("test")


@pytest.fixture
def utility(db):
    return Utility.objects.create(slug="pge", eia_id="14328", name="PG&E", segment="investor_owned_utility")


@pytest.fixture
def neighbour(db):
    return Utility.objects.create(slug="smud", eia_id="16534", name="SMUD", segment="political_subdivision")


@pytest.fixture
def partner(db):
    partner = Partner.objects.create(name="Acme", kind="oem")
    SigningKey.objects.create(partner=partner, algorithm="ed25519", public_key_pem="pem", not_before=NOW)
    return partner


@pytest.fixture
def program(utility):
    return make_program(utility)


def make_program(owner, **options):
    options = {"type": "demand_response", "device_types": ["battery"], **options}
    return create_program(options.pop("name", "Peak Saver"), owner_eia_id=owner.eia_id, **options)


def consent_claim(*, days_ago=1.0, program_types=("demand_response",), **changes):
    claim = ConsentClaim(NOW - timedelta(days=days_ago), "device_app", "2026-01", program_types, {"method": "form"})
    return replace(claim, **changes)


def device_claim(**changes):
    number = new_id().hex
    claim = DeviceClaim(
        f"PW-{number}", f"TG{number}", "Acme Energy", "PowerStack 3", "battery", date(2026, 5, 1), True, True,
        ("battery:set-reserve",),
    )  # fmt: skip
    return replace(claim, **changes)


def finding(*utilities, outcome="matched", cca=None):
    """What matching found: the first of `utilities` where it decided, all of them where it did not."""
    if outcome == "deferred":
        return Finding(SiteClaim(ADDRESS))
    candidates = tuple(Candidate(u.pk, u.name, u.eia_id, u.segment, ("boundary",), 0.5) for u in utilities)
    decided = utilities[0].pk if outcome == "matched" else None
    match = Match(outcome, decided, cca.pk if cca else None, candidates, "" if decided else "Both reach the place.")
    return Finding(SiteClaim(ADDRESS), Location(37.9975, -122.5311, 60, "America/Los_Angeles", "postal"), match)


def evidence_of(partner):
    def evidence(customer):
        evidence_id = new_id()
        made = SignedRequest(
            id=evidence_id,
            customer=customer,
            request_id=new_id(),
            received_at=NOW,
            signature_created_at=NOW,
            signing_key=partner.signing_keys.get(),
            algorithm="ed25519",
            proof="signature",
            sealed_message=customer.seal(b"{}", place=f"signed-request:{evidence_id}"),
        )
        made.digest = made.compute_digest()
        return made

    return evidence


@pytest.fixture
def enroll(partner):
    def enroll(found, *, consent=None, device=None, by_partner=partner, now=NOW, eligibility=None, account=""):
        claim = EnrollmentClaim(
            device=device or device_claim(),
            site=found.site,
            customer_reference=f"customer-{new_id()}",
            utility_account_number=account,
            consent=consent,
            eligibility=eligibility or EligibilityClaim(),
        )
        with transaction.atomic():
            enrolled = intake.enroll(
                claim,
                partner=by_partner,
                finding=found,
                evidence=evidence_of(by_partner),
                signed_at=now,
                now=now,
                by=BY,
            )
            insert(enrolled.unwritten)
        return enrolled.enrollment

    return enroll
