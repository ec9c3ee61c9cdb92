"""Any permutation, repetition and delay of events and consents ends in the same state, programs and standing."""

import base64
import hashlib
import json
import os
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enrollments.consents import give_consent
from enrollments.events import inbox
from enrollments.events.documents import EventDocument, report_of
from enrollments.models import Consent, Enrollment, PartnerEvent
from partners.models import SignedRequest
from programs.models import Participation
from tests.enrollments.conftest import BY, NOW, consent_claim, evidence_of, finding, make_program
from texture_portal import clock
from texture_portal.ids import new_id
from texture_portal.refusals import Refusal

LATER = NOW + timedelta(days=1)
EXAMPLES = int(os.environ.get("EVENTS_EXAMPLES", "25"))
ADDRESS = {"streetOne": "1 A St", "city": "San Rafael", "state": "CA", "postalCode": "94903", "country": "US"}


@dataclass(frozen=True)
class Grant:
    path: str
    days_ago: int
    scope: tuple[str, ...]

    def arrive(self, held, *, now, places):
        claim = consent_claim(days_ago=self.days_ago, program_types=self.scope)
        try:
            with transaction.atomic():
                give_consent(
                    held, claim, path=Consent.Path(self.path), evidence=evidence_of(held.partner), signed_at=now,
                    now=now, by=BY,
                )  # fmt: skip
        except Refusal as refusal:
            assert refusal.code in ("consent_revoked", "state_conflict")  # noqa: PT017 - the second after the end


@dataclass(frozen=True)
class Event:
    """`at` is days ago for what happens to consents and sites, and hours from tomorrow for what devices show."""

    type: str
    at: int
    id: str
    place: int = 0

    def arrive(self, held, *, now, places):
        document = self.document(held.device.manufacturer_device_id)
        read, faults = EventDocument.read(document, context={})
        assert not faults
        report = report_of(read, document=document)
        with transaction.atomic():
            inbox.take(
                report, partner=held.partner, found=places[self.place], evidence=signed(held.partner, document),
                request_id=new_id(), now=now, by=BY,
            )  # fmt: skip

    def document(self, device):
        at = LATER + timedelta(hours=self.at) if "connectivity" in self.type else NOW - timedelta(days=self.at)
        fact, more = FACTS[self.type]
        return {
            "id": f"{self.id} {device}", "type": self.type, "manufacturerDeviceId": device,
            "occurredAt": clock.to_wire(at), "data": {fact: clock.to_wire(at), **more},
        }  # fmt: skip


FACTS = {
    "consent.revoked": ("revokedAt", {"source": "device_app"}),
    "consent.expired": ("expiredAt", {}),
    "device.decommissioned": ("decommissionedAt", {"reason": "sold"}),
    "device.relocated": ("relocatedOn", {"previousAddress": ADDRESS, "newAddress": ADDRESS}),
    "device.ownership_transferred": ("transferredOn", {"previousOwner": "a", "newOwner": "b"}),
    "device.connectivity_lost": ("lastSeenAt", {}),
    "device.connectivity_restored": ("restoredAt", {}),
}


def signed(partner, document):
    """The request as the door keeps it, so that a repetition is told from another event."""

    def evidence(customer):
        evidence_id = new_id()
        body = base64.b64encode(json.dumps(document).encode()).decode()
        sealed = customer.seal(json.dumps({"body": body}).encode(), place=f"signed-request:{evidence_id}")
        return SignedRequest(
            id=evidence_id, customer=customer, request_id=new_id(), received_at=NOW, signature_created_at=NOW,
            signing_key=partner.signing_keys.get(), algorithm="ed25519", proof="receipt", sealed_message=sealed,
            digest=hashlib.sha256(sealed).digest(),
        )  # fmt: skip

    return evidence


SCOPES = st.sampled_from([("demand_response",), ("capacity",), ("capacity", "demand_response")])
GRANTS = st.builds(Grant, st.sampled_from(["oem", "oauth"]), st.integers(1, 9), SCOPES)
TYPES = st.sampled_from(["consent.revoked", *FACTS])  # revocations are what it is most about
FACTS_AS_THEY_HAPPENED = st.lists(
    st.one_of(
        GRANTS, st.builds(Event, TYPES, st.integers(0, 9), st.uuids(version=4).map("evt-{}".format), st.integers(0, 3))
    ),
    min_size=2,
    max_size=6,
    unique_by=lambda fact: getattr(fact, "id", fact),
)


@pytest.fixture
def places(utility, neighbour):
    """Four addresses: two utilities with programs, one in between, and one that no utility serves."""
    make_program(utility, name="Peak")
    make_program(utility, name="Capacity", type="capacity")
    make_program(neighbour, name="Over there")
    return (
        finding(utility), finding(neighbour), finding(utility, neighbour, outcome="ambiguous"),
        finding(outcome="no_match"),
    )  # fmt: skip


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), facts=FACTS_AS_THEY_HAPPENED)
def test_any_order_repetition_and_delay_end_the_same(data, facts, enroll, places):
    permuted = data.draw(st.permutations(facts))
    repeated = permuted + data.draw(st.lists(st.sampled_from(facts), max_size=2))
    renamed = [replace(each, id=f"again-{each.id}") for each in facts if isinstance(each, Event)]
    told_anew = st.lists(st.sampled_from(renamed), max_size=2, unique=True) if renamed else st.just([])
    delayed = repeated + data.draw(told_anew)
    assert end_of(facts, enroll, places) == end_of(delayed, enroll, places)


def end_of(facts, enroll, places):
    made = enroll(places[0])
    for second, fact in enumerate(facts):
        now = NOW + timedelta(seconds=second + 1)
        with transaction.atomic():
            fact.arrive(Enrollment.objects.locked().get(pk=made.pk), now=now, places=places)
        check_invariants(Enrollment.objects.get(pk=made.pk))
    assert PartnerEvent.objects.filter(enrollment=made).count() == len(
        {fact.id for fact in facts if isinstance(fact, Event)}
    )
    assert not PartnerEvent.objects.filter(enrollment=made, status="accepted").exists()
    ended = Enrollment.objects.get(pk=made.pk)
    programs = Participation.objects.live().filter(device=ended.device).values_list("program__name", flat=True)
    if ended.state == "revoked":
        return ended.state, list(programs)  # what would have come after the end is refused, or changes nothing
    return (
        ended.state,
        sorted(programs),
        ended.standing(),
        ended.site.utility_id,
        ended.match_outcome,
        [case.kind for case in ended.review_cases.filter(decision="")],
    )


def check_invariants(enrollment):
    """A revoked consent never reopens without a newer grant, and nothing takes part without consent."""
    standing = enrollment.standing()
    if standing.is_valid and enrollment.consent_revoked_at is not None:
        assert standing.granted_at > enrollment.consent_revoked_at
    if enrollment.device.participations.filter(left_at=None).exists():
        assert standing.is_valid
        assert enrollment.state in ("enrolled", "active", "suspended")
    if standing.status == "revoked":
        assert enrollment.state in ("opted_out", "revoked")
