"""Criteria that no fault of the simulated OEM reaches within a moment: pure, facts in, a verdict out."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from devices.certification.criteria import access, calls, control, history, listing
from devices.certification.facts import CallMade, Commanded, Facts, Past, Reached, Renewed, Subject
from devices.connectors.pull.finding import Found
from devices.kind import DeviceType

START = datetime(2026, 5, 1, tzinfo=UTC)


def facts(**given):
    return Facts(Subject(None, UUID(int=1)), **given)


@pytest.mark.parametrize(("category", "limit"), [("telemetry", 2), ("control", 3), ("historical", 10)])
@pytest.mark.parametrize(("slow", "holds"), [(1, True), (2, False)])
def test_one_slow_call_of_twenty_is_within_the_p95_and_two_are_not(category, limit, slow, holds):
    took = [0.1] * (20 - slow) + [limit + 0.1] * slow
    found = facts(calls=[CallMade("call", category, "ok", seconds) for seconds in took])
    assert calls.p95_under(found, category=category, seconds=limit).holds is holds


def test_few_calls_say_nothing_of_a_p95():
    found = facts(calls=[CallMade("call", "telemetry", "ok", 0.1)] * 19)
    assert not calls.p95_under(found, category="telemetry", seconds=2).holds


def test_one_failure_in_two_hundred_calls_is_available_and_two_are_not():
    for bad, holds in ((1, True), (2, False)):
        made = [CallMade("call", "telemetry", "ok", 0.1)] * (200 - bad)
        found = facts(calls=made, earlier=[CallMade("call", "control", "timed_out", 10.0)] * bad)
        assert calls.answered_well(found, share=0.995).holds is holds


def rows(*minutes):
    return Past("d-1", START, START, [START + timedelta(minutes=each) for each in minutes], pages=1)


@pytest.mark.parametrize(
    ("minutes", "holds"),
    [
        ((0, 15, 30, 45), True),
        ((0, 15, 45, 60), True),
        ((0, 15, 60, 75, 90), False),
        ((0, 30, 15), False),
        ((0, 15, 15), False),
    ],
)
def test_ranges_of_history_join(minutes, holds):
    """One row that is missing is within two intervals; two are a hole. And in order, and none twice."""
    assert history.joins(facts(past=[rows(*minutes)])).holds is holds


def test_history_of_every_minute_has_another_grain():
    assert not history.granularity_is_known(facts(past=[rows(0, 1, 2)])).holds


def test_an_unsafe_command_that_is_taken_is_not_refused_and_a_silent_refusal_explains_nothing():
    taken = Commanded("d-1", "battery:set-reserve", 202, "accepted", 0.1)
    silent = Commanded("d-1", "battery:set-reserve", 422, None, 0.1, {"code": "unsafe"})
    assert not control.refused(facts(commands=[taken])).holds
    assert control.refused(facts(commands=[silent])).holds
    assert not control.refusals_explained(facts(commands=[silent])).holds
    assert not control.refused(facts()).holds


@pytest.mark.parametrize(("days", "holds"), [(90, True), (89, False), (None, False)])
def test_a_refresh_token_lasts_ninety_days(days, holds):
    assert access.refresh_lasts(facts(renewed=[Renewed("ok", days)]), days=90).holds is holds


def test_an_address_that_is_not_https_or_has_no_good_certificate_fails():
    good = Reached("API", True, "ok")
    assert access.over_tls(facts(reached=[good])).holds
    assert not access.over_tls(facts(reached=[good, Reached("tokens", False, "not_https")])).holds
    assert not access.over_tls(facts(reached=[good, Reached("tokens", True, "tls_failed")])).holds


def test_metadata_that_lack_a_site_are_named():
    device = Found("d-1", DeviceType.BATTERY, 0, serial_number="S1", manufacturer="Acme", model="One")
    verdict = listing.metadata_is_whole(facts(listings=[[device]]), needs=["serial_number", "site"])
    assert (verdict.holds, verdict.shown) == (False, {"lacking": {"d-1": ["site"]}})
