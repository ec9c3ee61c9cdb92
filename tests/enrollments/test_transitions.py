"""Every state against every transition, written by hand from the contract's table, in Python and in raw SQL."""

import pytest
from django.db import DatabaseError, connection, transaction
from django_fsm import TransitionNotAllowed

from enrollments.models import Enrollment
from enrollments.states import State
from tests.enrollments.conftest import consent_claim, finding

D, E, O, P, N, A, S, OUT, R = (  # noqa: E741
    "discovered",
    "eligible",
    "opted_in",
    "pending_verification",
    "enrolled",
    "active",
    "suspended",
    "opted_out",
    "revoked",
)
MATRIX = {
    #             D  E  O  P  N  A  S  OUT R   <- from
    "become_eligible":    ("x........", E),
    "opt_in":             (".x.......", O),
    "await_verification": ("x.x......", P),
    "enroll":             ("..xx.....", N),
    "activate":           ("....x.x..", A),
    "suspend":            (".....x...", S),
    "leave_programs":     ("....xxx..", O),
    "lapse":              ("..xxxxx..", E),
    "question_ownership": ("xxxxxxx..", P),
    "rediscover":         ("xxxxxxxx.", D),
    "opt_out":            ("xxxxxxx..", OUT),
    "revoke":             ("xxxxxxxx.", R),
}  # fmt: skip
STATES = (D, E, O, P, N, A, S, OUT, R)
LEGAL = {
    (state, target)
    for crosses, target in MATRIX.values()
    for state, cross in zip(STATES, crosses, strict=True)
    if cross == "x" and state != target
}


def test_the_matrix_knows_every_state_and_every_transition():
    assert set(STATES) == {str(state) for state in State}
    declared = {each.name for each in Enrollment._meta.get_field("state").get_all_transitions(Enrollment)}
    assert set(MATRIX) == declared


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("transition_name", MATRIX)
def test_a_transition_is_taken_exactly_where_the_matrix_has_a_cross(state, transition_name):
    crosses, target = MATRIX[transition_name]
    enrollment = Enrollment(state=state)
    if crosses[STATES.index(state)] == "x":
        getattr(enrollment, transition_name)()
        assert enrollment.state == target
    else:
        with pytest.raises(TransitionNotAllowed):
            getattr(enrollment, transition_name)()
        assert enrollment.state == state


def test_a_state_cannot_be_assigned():
    with pytest.raises(AttributeError):
        Enrollment(state=D).state = A


def put_in(enrollment, state):
    """As only a superuser who switches triggers off can."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE enrollments_enrollment SET state = %s WHERE id = %s", [state, enrollment.pk])
        cursor.execute("SET session_replication_role = DEFAULT")


def move_by_sql(enrollment, target):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE enrollments_enrollment SET state = %s, ledger_length = ledger_length + 1 WHERE id = %s",
            [target, enrollment.pk],
        )


def test_raw_sql_moves_exactly_where_the_matrix_has_a_cross(enroll, utility, program):
    enrollment = enroll(finding(utility), consent=consent_claim())
    for state in STATES:
        for target in STATES:
            put_in(enrollment, state)
            if (state, target) in LEGAL or state == target:
                move_by_sql(enrollment, target)
                continue
            with pytest.raises(DatabaseError, match="Invalid transition"):
                move_by_sql(enrollment, target)


def test_raw_sql_cannot_move_a_state_past_the_ledger(enroll, utility, program):
    enrollment = enroll(finding(utility), consent=consent_claim())
    with pytest.raises(DatabaseError, match="without an entry in its audit chain"), transaction.atomic():
        Enrollment.objects.filter(pk=enrollment.pk).update(state=State.REVOKED)
