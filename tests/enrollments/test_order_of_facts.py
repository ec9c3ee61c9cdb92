"""Any order and any repetition of facts ends in the same state, the same programs and the same consent standing."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enrollments import lifecycle, matching
from enrollments.consents import give_consent
from enrollments.models import Consent, Enrollment
from enrollments.models.enrollment import legal_transitions
from enrollments.timeline import timeline
from programs.models import Participation
from tests.enrollments.conftest import BY, NOW, consent_claim, evidence_of, finding, make_program
from texture_portal.refusals import Refusal

LATER = NOW + timedelta(days=1)


@dataclass(frozen=True)
class Grant:
    path: str
    days_ago: int
    scope: tuple[str, ...]

    def apply(self, enrollment, now):
        claim = consent_claim(days_ago=self.days_ago, program_types=self.scope)
        evidence = evidence_of(enrollment.partner)
        try:
            with transaction.atomic():
                give_consent(
                    enrollment, claim, path=Consent.Path(self.path), evidence=evidence, signed_at=now, now=now, by=BY
                )
        except Refusal as refusal:
            assert refusal.code == "consent_revoked"  # noqa: PT017 - the only one that an order may bring about


@dataclass(frozen=True)
class Revocation:
    days_ago: int

    def apply(self, enrollment, now):
        at = NOW - timedelta(days=self.days_ago)
        lifecycle.revoke_consent(enrollment, revoked_at=at, source="device_app", now=now, by=BY)


@dataclass(frozen=True)
class Expiry:
    path: str
    days_ago: int

    def apply(self, enrollment, now):
        at = NOW - timedelta(days=self.days_ago)
        lifecycle.expire_consent(enrollment, expired_at=at, path=self.path, now=now, by=BY)


@dataclass(frozen=True)
class AccountVerified:
    def apply(self, enrollment, now):
        enrollment.account_verified_at = now
        lifecycle.advance(enrollment, now=now, by=BY)


@dataclass(frozen=True)
class TerritoryDecided:
    def apply(self, enrollment, now):
        if enrollment.match_outcome == "ambiguous":
            matching.record_decision(enrollment, utility=enrollment.first_choice, now=now)
        lifecycle.advance(enrollment, now=now, by=BY)


@dataclass(frozen=True)
class Reading:
    at_hour: int

    def apply(self, enrollment, now):
        device = enrollment.device
        at = LATER + timedelta(hours=self.at_hour)
        device.last_reading_at = max(filter(None, [device.last_reading_at, at]))
        device.save()
        lifecycle.advance(enrollment, now=now, by=BY)


@dataclass(frozen=True)
class ConnectivityLost:
    at_hour: int

    def apply(self, enrollment, now):
        at = LATER + timedelta(hours=self.at_hour)
        lifecycle.report_connectivity_lost(enrollment, last_seen_at=at, now=now, by=BY)


SCOPES = st.sampled_from([("demand_response",), ("capacity",), ("capacity", "demand_response")])
FACTS = st.lists(
    st.one_of(
        st.builds(Grant, st.sampled_from(["oem", "oauth"]), st.integers(1, 9), SCOPES),
        st.builds(Revocation, st.integers(0, 9)),
        st.builds(Expiry, st.sampled_from(["oem", "oauth"]), st.integers(0, 9)),
        st.just(AccountVerified()),
        st.just(TerritoryDecided()),
        st.builds(Reading, st.integers(1, 9)),
        st.builds(ConnectivityLost, st.integers(0, 9)),
    ),
    min_size=2,
    max_size=6,
)


@pytest.fixture
def two_programs(utility):
    make_program(utility, name="Open")
    return make_program(utility, name="Strict", type="capacity", wants_verified_account=True)


@pytest.mark.usefixtures("two_programs")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), facts=FACTS, ambiguous=st.booleans())
def test_any_order_and_any_repetition_end_the_same(data, facts, ambiguous, enroll, utility, neighbour):
    permuted = data.draw(st.permutations(facts))
    repeated = permuted + data.draw(st.lists(st.sampled_from(facts), max_size=3))
    outcomes = [end_of(order, enroll, utility, neighbour, ambiguous=ambiguous) for order in (facts, repeated)]
    assert outcomes[0] == outcomes[1]


def end_of(facts, enroll, utility, neighbour, *, ambiguous):
    found = finding(utility, neighbour, outcome="ambiguous") if ambiguous else finding(utility)
    enrollment = enroll(found)
    for second, fact in enumerate(facts):
        with transaction.atomic():
            held = Enrollment.objects.locked().get(pk=enrollment.pk)
            held.first_choice = utility
            fact.apply(held, NOW + timedelta(seconds=second + 1))
    ended = Enrollment.objects.get(pk=enrollment.pk)
    assert_history_is_legal(ended)
    programs = Participation.objects.live().filter(device=ended.device).values_list("program__name", flat=True)
    return (
        ended.state,
        sorted(programs),
        ended.standing(),
        [case.kind for case in ended.review_cases.filter(decision="")],
    )


def assert_history_is_legal(enrollment):
    moves = [(each.before, each.after) for each in timeline(enrollment) if each.kind == "state"]
    assert moves[0] == (None, "discovered")
    assert set(moves[1:]) <= set(legal_transitions())


def test_advancing_again_changes_nothing(enroll, utility, program):
    enrollment = enroll(finding(utility), consent=consent_claim())
    before = len(timeline(enrollment))
    for _ in range(2):
        held = Enrollment.objects.locked().get(pk=enrollment.pk)
        lifecycle.advance(held, now=LATER, by=BY)
    assert held.state == "enrolled"
    assert len(timeline(enrollment)) == before
