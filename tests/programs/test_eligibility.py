"""May a device join a program? Every reason against, and none where it may."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programs.eligibility import Against, Applicant, Terms, device_reasons, reasons_against

TERMS = Terms("p1", "demand_response", frozenset({"battery"}), frozenset({"battery:set-reserve"}), False)
APPLICANT = Applicant(
    "battery", frozenset({"battery:set-reserve", "battery:set-power"}), frozenset({"demand_response"})
)


def test_who_meets_every_term_may_join():
    assert reasons_against(TERMS, APPLICANT) == ()


@pytest.mark.parametrize(
    ("terms", "applicant", "reason"),
    [
        ({}, {"device_type": "thermostat"}, Against.DEVICE_TYPE),
        ({}, {"commands": frozenset({"battery:set-power"})}, Against.COMMANDS),
        ({"type": "capacity"}, {}, Against.SCOPE),
        ({}, {"choice": frozenset({"p2"})}, Against.NOT_CHOSEN),
        ({"has_room": False}, {}, Against.NO_ROOM),
        ({"exclusive_group": "peak"}, {"groups_taken": frozenset({"peak"})}, Against.GROUP_TAKEN),
        ({"wants_verified_account": True}, {}, Against.ACCOUNT),
    ],
)
def test_each_term_that_is_not_met_is_named(terms, applicant, reason):
    assert reasons_against(replace(TERMS, **terms), replace(APPLICANT, **applicant)) == (reason,)


def test_without_asking_for_consent_its_scope_is_no_reason():
    assert reasons_against(replace(TERMS, type="capacity"), replace(APPLICANT, scope=None)) == ()


@given(st.frozensets(st.sampled_from(["a", "b", "c"])), st.frozensets(st.sampled_from(["a", "b", "c"])))
def test_every_required_command_must_be_offered(required, offered):
    terms, applicant = replace(TERMS, required_commands=required), replace(APPLICANT, commands=offered)
    assert (Against.COMMANDS in device_reasons(terms, applicant)) == bool(required - offered)
