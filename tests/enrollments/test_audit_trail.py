"""The audit trail cannot be touched, and what a superuser touches all the same is found and named (§11.5)."""

import io
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from enrollments import lifecycle
from enrollments.audit import breaks
from enrollments.models import Consent, Enrollment
from tests.enrollments.conftest import BY, NOW, consent_claim, finding

TABLES = ("enrollments_historicalconsent", "enrollments_historicalenrollment", "partners_signedrequest")


@pytest.fixture
def enrollment(enroll, utility, program):
    enrollment = enroll(finding(utility), consent=consent_claim())
    held = Enrollment.objects.locked().get(pk=enrollment.pk)
    lifecycle.revoke_consent(held, revoked_at=NOW, source="device_app", now=NOW + timedelta(hours=1), by=BY)
    return held


def by_superuser(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, values)
        touched = cursor.rowcount
        cursor.execute("SET session_replication_role = DEFAULT")
    assert touched == 1


def verify():
    out = io.StringIO()
    try:
        call_command("verify_audit_trail", stdout=out)
    except SystemExit as ended:
        return ended.code, out.getvalue()
    return 0, out.getvalue()


@pytest.mark.usefixtures("enrollment")
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {} CASCADE", "UPDATE {} SET request_id = NULL"])
def test_evidence_refuses_update_delete_and_truncate(table, statement):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # TRUNCATE would trip over deferred ones first
        with pytest.raises(DatabaseError, match=r"append-only|Cannot"), transaction.atomic():
            cursor.execute(statement.format(table))


@pytest.mark.usefixtures("enrollment")
def test_an_untouched_trail_is_whole():
    status, said = verify()
    assert status == 0
    assert "The audit trail is whole" in said


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE {c} SET terms_version = '2019-01' WHERE sequence = 2", "enrollments_historicalconsent"),
        ("UPDATE {c} SET history_date = history_date - interval '1 day' WHERE sequence = 2", "historicalconsent"),
        ("UPDATE {e} SET actor_name = 'somebody else' WHERE sequence = 3", "enrollments_historicalenrollment"),
        ("DELETE FROM {e} WHERE sequence = 3", "enrollments_historicalenrollment"),
        ("DELETE FROM {e} WHERE sequence = (SELECT max(sequence) FROM {e})", "enrollments_enrollment"),
        ("UPDATE enrollments_enrollment SET state = 'active'", "enrollments_enrollment"),
        ("UPDATE enrollments_consent SET granted_at = granted_at - interval '1 day'", "enrollments_consent"),
        ("DELETE FROM enrollments_consent", "enrollments_consent"),
        ("UPDATE enrollments_enrollment SET consent_revoked_at = NULL", "consent_revoked_at"),
        ("UPDATE partners_signedrequest SET sealed_message = 'forged'", "partners_signedrequest"),
        ("DELETE FROM partners_signedrequest", "partners_signedrequest"),
    ],
)
def test_tampering_is_found_and_the_row_is_named(enrollment, statement, named):
    tables = {"c": "enrollments_historicalconsent", "e": "enrollments_historicalenrollment"}
    with transaction.atomic():
        by_superuser(statement.format(**tables))
        status, said = verify()
        transaction.set_rollback(True)
    assert status == 1
    assert named in said
    assert str(enrollment.pk) in said


def test_the_chain_runs_through_states_and_consents_in_one_sequence(enrollment):
    entries = [*Enrollment.history.filter(ledger_id=enrollment.pk), *Consent.history.filter(ledger_id=enrollment.pk)]
    entries.sort(key=lambda entry: entry.sequence)
    assert [entry.sequence for entry in entries] == list(range(1, enrollment.ledger_length + 1))
    assert [bytes(entry.previous_digest) for entry in entries[1:]] == [bytes(entry.digest) for entry in entries[:-1]]
    assert not list(breaks(enrollment_id=enrollment.pk))


def test_erasing_a_person_breaks_no_proof(enrollment):
    customer = enrollment.customer
    customer.erase(now=NOW)
    customer.save()
    assert verify()[0] == 0
