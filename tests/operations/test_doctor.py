"""`manage.py doctor`: what is well is said to be, and each thing that is wrong is found and named."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django_q.models import Schedule

from enrollments.tasks import sign_checkpoint
from tests.factories import CustomerFactory, PartnerFactory, enrolled
from texture_portal import clock, heartbeat, keys_needed, schedules
from texture_portal.doctor import neighbours


def examined() -> dict[str, dict]:
    """Findings by what they are about; the worst where there are several."""
    said, status = io.StringIO(), 0
    try:
        call_command("doctor", "--json", stdout=said)
    except SystemExit as ended:
        status = ended.code
    findings = [json.loads(line) for line in said.getvalue().splitlines()]
    assert status == any(each["verdict"] == "FAULT" for each in findings)
    return {each["about"]: each for each in sorted(findings, key=lambda each: each["verdict"] == "FAULT")}


@pytest.fixture
def well(db):
    schedules.install()
    heartbeat.beat()


def test_a_portal_that_is_well_has_no_fault(well):
    found = examined()
    assert [each for each in found.values() if each["verdict"] == "FAULT"] == []
    assert found["triggers"]["said"].endswith("are in force")
    assert found["packages"]["verdict"] == "ok"


def test_an_empty_portal_is_told_what_it_lacks(well):
    found = examined()
    for about in ("utilities", "service territories", "programs", "partners", "staff"):
        assert found[about]["verdict"] == "warning"
        assert found[about]["remedy"]


def test_workers_that_are_silent_are_a_fault(db):
    schedules.install()
    assert examined()["workers"]["verdict"] == "FAULT"


def test_a_schedule_that_nobody_looks_at_is_a_fault(well):
    Schedule.objects.update(next_run=clock.now() - timedelta(hours=1))
    assert "nothing is woken since" in examined()["schedules"]["said"]


def test_a_guard_that_is_off_is_named(well):
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'enrollments_historicalconsent'::regclass")
        (name, *_) = [name for (name,) in cursor.fetchall() if name.startswith("pgtrigger")]
        cursor.execute(f"ALTER TABLE enrollments_historicalconsent DISABLE TRIGGER {name}")
    found = examined()["triggers"]
    assert found["verdict"] == "FAULT"
    assert "enrollments.HistoricalConsent:" in found["said"]
    assert "off" in found["said"]


def test_a_migration_that_is_not_applied_is_named(well):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'enrollments' AND name LIKE '0001%'")
    assert "enrollments.0001_initial" in examined()["migrations"]["said"]


def test_what_no_key_opens_is_named(well, settings):
    CustomerFactory()
    settings.DATA_KEYS = ["another" * 8]
    found = examined()["DATA_KEYS"]
    assert found["verdict"] == "FAULT"
    assert "1 of partners.Customer.sealed_data_key" in found["said"]


def test_each_key_says_how_much_it_opens(well, settings):
    CustomerFactory()
    settings.DATA_KEYS = ["newer" * 10, *settings.DATA_KEYS]
    CustomerFactory.create_batch(2)
    newer, older = keys_needed.names_of_data_keys()
    assert examined()["DATA_KEYS"]["said"].endswith(f"{newer} opens 2, {older} opens 1")


def test_a_checkpoint_signed_by_no_key_of_ours_is_a_fault(well, settings):
    enrolled()
    sign_checkpoint(now=clock.now())
    theirs = keys_needed.names_of_checkpoint_keys()[0]
    assert examined()["CHECKPOINT_KEY"]["verdict"] == "ok"
    settings.CHECKPOINT_KEYS = ["another" * 8]
    assert theirs in examined()["CHECKPOINT_KEY"]["said"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"SECRET_KEY": "s" * 40, "DATA_KEYS": ["s" * 40]}, "stands in two places"),
        ({"CHECKPOINT_KEYS": ["short"]}, "shorter than 32"),
    ],
)
def test_secrets_that_are_none_are_a_fault_and_are_not_shown(well, settings, changed, said):
    for name, value in changed.items():
        setattr(settings, name, value)
    found = examined()["secrets"]
    assert found["verdict"] == "FAULT"
    assert said in found["said"]
    assert "ssss" not in str(found)


def test_a_broker_that_nobody_runs_is_a_fault_and_its_password_is_not_shown(well, settings):
    settings.MQTT_URL = "mqtt://portal:hunter2@127.0.0.1:9"
    found = examined()["broker"]
    assert (found["verdict"], "127.0.0.1:9" in found["said"]) == ("FAULT", True)
    assert "hunter2" not in str(found)


def test_what_goes_to_another_machine_in_the_clear_is_named(well, settings):
    assert examined()["transport"]["verdict"] == "ok", "all is on this machine"
    settings.MQTT_URL, settings.EMAIL_HOST = "mqtt://portal:hunter2@192.0.2.9:1", "192.0.2.25"
    plain = list(neighbours._lines())
    assert {name for name, host, is_sealed in plain if host.startswith("192.") and not is_sealed} == {
        "MQTT_URL", "EMAIL_URL",
    }  # fmt: skip
    found = neighbours._transport()
    assert (found.verdict, "MQTT_URL, EMAIL_URL" in found.said, "hunter2" in str(found)) == ("warning", True, False)
    settings.MQTT_URL, settings.EMAIL_USE_TLS = "mqtts://portal:hunter2@192.0.2.9:1", True
    assert neighbours._transport().verdict == "ok"


def test_without_a_database_the_rest_is_told(manage):
    done = manage("doctor", "--json", DATABASE_URL="postgresql://portal:hunter2@127.0.0.1:1/portal")
    findings = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert [each["about"] for each in findings if each["verdict"] == "FAULT"] == ["database"]
    assert "packages" in {each["about"] for each in findings}
    assert "hunter2" not in done.stdout + done.stderr


def test_no_name_of_a_partner_is_told(well):
    PartnerFactory(name="Very Private Works")
    assert "Very Private" not in str(examined())
