"""Consent rules (§11.4-11.5): each with its own code, and all that are broken at once."""

from datetime import timedelta

import pytest

from enrollments.consent import CLOCK_SKEW, MAX_AGE, ConsentStatus, Grant, check, standing
from tests.enrollments.conftest import NOW, consent_claim
from texture_portal.refusals import Refusal


def codes(claim, *, signed_at=NOW, revoked_at=None):
    """Of all that is broken; the first must be the refusal's own."""
    try:
        check(claim, now=NOW, signed_at=signed_at, revoked_at=revoked_at)
    except Refusal as refusal:
        return [fault.code for fault in refusal.faults] if refusal.code == refusal.faults[0].code else [refusal.code]
    return []


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(0), []),
        (MAX_AGE, []),
        (MAX_AGE + timedelta(seconds=1), ["consent_stale"]),
        (-CLOCK_SKEW - timedelta(seconds=1), ["consent_in_future"]),
    ],
)
def test_a_consent_is_at_most_90_days_old_and_not_of_the_future(age, expected):
    assert codes(consent_claim(granted_at=NOW - age), signed_at=NOW + CLOCK_SKEW) == expected


def test_a_consent_is_not_later_than_the_request_that_carries_it():
    signed_at = NOW - timedelta(seconds=10)
    assert codes(consent_claim(granted_at=NOW), signed_at=signed_at) == ["consent_in_future"]


def test_the_signature_knows_whole_seconds_only():
    assert codes(consent_claim(granted_at=NOW + timedelta(milliseconds=900)), signed_at=NOW) == []


def test_only_a_consent_granted_after_the_revocation_counts():
    claim = consent_claim(granted_at=NOW - timedelta(days=3))
    assert codes(claim, revoked_at=claim.granted_at) == ["consent_revoked"]
    assert codes(claim, revoked_at=claim.granted_at - timedelta(microseconds=1)) == []


def test_all_that_is_broken_is_said_at_once():
    claim = consent_claim(days_ago=100, program_types=())
    assert codes(claim, revoked_at=NOW) == ["consent_stale", "consent_scope_empty", "consent_revoked"]


def grant(path, days_ago, *scope, expired_days_ago=None):
    expired_at = None if expired_days_ago is None else NOW - timedelta(days=expired_days_ago)
    return Grant(path, NOW - timedelta(days=days_ago), scope, expired_at)


def test_scopes_of_two_paths_add_up_and_the_latest_grant_governs():
    both = standing([grant("oem", 5, "capacity"), grant("oauth", 2, "demand_response")], revoked_at=None)
    assert both.status is ConsentStatus.VALID
    assert both.program_types == ("capacity", "demand_response")
    assert both.paths == ("oauth", "oem")
    assert both.granted_at == NOW - timedelta(days=2)


def test_a_revocation_strikes_both_paths_and_a_later_grant_stands_alone():
    grants = [grant("oem", 5, "capacity"), grant("oauth", 2, "demand_response")]
    assert standing(grants, revoked_at=NOW - timedelta(days=1)).status is ConsentStatus.REVOKED
    after = standing(grants, revoked_at=NOW - timedelta(days=3))
    assert (after.status, after.program_types) == (ConsentStatus.VALID, ("demand_response",))


def test_at_a_tie_the_revocation_wins():
    assert standing([grant("oem", 2, "capacity")], revoked_at=NOW - timedelta(days=2)).status is ConsentStatus.REVOKED


def test_what_expired_is_expired_until_it_is_renewed():
    assert standing([grant("oem", 5, "capacity", expired_days_ago=1)], revoked_at=None).status is ConsentStatus.EXPIRED
    assert standing([grant("oem", 1, "capacity", expired_days_ago=2)], revoked_at=None).status is ConsentStatus.VALID


def test_no_grant_is_no_consent():
    assert standing([], revoked_at=None).status is ConsentStatus.NONE
