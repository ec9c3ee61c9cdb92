"""A poison job, schedule or row stops no other."""

import random
from datetime import timedelta

import pytest
from django.db import connection
from django_q.models import Failure, OrmQ, Schedule
from django_q.scheduler import scheduler
from django_q.tasks import async_task

from enrollments import tasks
from enrollments.models import Enrollment
from programs.models import Program
from tests.factories import ProgramFactory, UtilityFactory, consent_claim, enrolled, matched_to, unlocated
from tests.waiting import wait_for
from texture_portal import clock, heartbeat, jobs, schedules


def bad_schedule() -> Schedule:
    """Due before every other, with arguments that are no Python."""
    long_ago = clock.now() - timedelta(days=1)
    return Schedule.objects.create(name="bad", func="os.abort", args="not python(", next_run=long_ago)


@pytest.mark.django_db(transaction=True)
def test_jobs_that_raise_or_kill_their_worker_and_a_bad_schedule_stop_no_other(serve, program_id):
    serve(HEARTBEAT_STALE_SECONDS="10")
    bad_schedule()
    for _ in range(3):
        async_task("json.loads", "{")
        async_task("no.such.function")
        async_task("os._exit", 1)
    (waiting,) = deferred(1)
    make_due()
    jobs.wake("geocoding")
    wait_for(schedules.is_the_table)
    wait_for(lambda: Enrollment.objects.get(pk=waiting.pk).state == "enrolled")
    wait_for(lambda: Failure.objects.filter(func="json.loads").exists())
    assert OrmQ.objects.count() > 0  # who killed its worker is tried again, much later
    poisoned_at = clock.now()
    wait_for(lambda: heartbeat.last() > poisoned_at)


@pytest.mark.django_db(transaction=True)
def test_a_schedule_with_bad_arguments_stops_the_others_only_until_it_is_mended():
    schedules.install()
    Schedule.objects.update(next_run=clock.now() - timedelta(minutes=5))
    bad_schedule()
    scheduler()
    assert not OrmQ.objects.exists()  # the library gives up at the first bad row
    assert not schedules.is_the_table()
    schedules.install()
    scheduler()
    assert {each.task["args"] for each in OrmQ.objects.all()} == {(job.kind,) for job in schedules.JOBS}


def consent():
    return consent_claim(granted_at=clock.now() - timedelta(hours=1))


def deferred(count: int) -> list[Enrollment]:
    return [enrolled(finding=unlocated(), consent=consent(), now=clock.now()) for _ in range(count)]


def make_due() -> None:
    """In the order in which they came."""
    for minutes, each in enumerate(Enrollment.objects.order_by("-created_at")):
        Enrollment.objects.filter(pk=each.pk).update(geocode_due_at=clock.now() - timedelta(minutes=1 + minutes))


def poison_in_the_database(enrollment: Enrollment) -> None:
    """From now on the database refuses every new entry in this enrollment's audit chain."""
    table = Enrollment.history.model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"""CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'poison'; END $$;
                CREATE TRIGGER poison BEFORE INSERT ON {table} FOR EACH ROW
                WHEN (NEW.ledger_id = '{enrollment.pk}') EXECUTE FUNCTION poison()"""
        )


def matched_without_a_program(utility) -> Enrollment:
    return enrolled(finding=matched_to(utility), consent=consent(), now=clock.now())


@pytest.mark.django_db
def test_an_enrollment_that_cannot_be_weighed_stops_no_other():
    utility, elsewhere = UtilityFactory(), UtilityFactory()
    waiting = [matched_without_a_program(utility) for _ in range(5)]
    far_off = matched_without_a_program(elsewhere)
    poisoned = random.choice(waiting)
    poison_in_the_database(poisoned)
    ProgramFactory(owner=utility)
    ProgramFactory(owner=elsewhere)
    with pytest.raises(jobs.JobFailedError, match=f"ExceptionGroup[^$]*enrollment {poisoned.pk}"):
        jobs.drain("advance")
    jobs.drain("advance")
    states = dict(Enrollment.objects.values_list("pk", "state"))
    assert states.pop(poisoned.pk) == "discovered"
    assert states[far_off.pk] == "enrolled"
    assert set(states.values()) == {"enrolled"}
    assert all(program.settling_since for program in Program.objects.all())  # one more look after a while, and done


@pytest.mark.django_db(transaction=True)
def test_an_enrollment_that_cannot_be_located_holds_up_the_others_for_one_round_only(settings, peer, program_id):
    settings.GEOCODERS, settings.CENSUS_GEOCODER_URL = ["census"], peer.url
    waiting = deferred(4)
    poison_in_the_database(waiting[0])
    try:
        make_due()
        with pytest.raises(jobs.JobFailedError, match="RaiseException"):
            jobs.drain("geocoding")
        jobs.drain("geocoding")
        states = [Enrollment.objects.get(pk=each.pk).state for each in waiting]
        assert states == ["discovered", "enrolled", "enrolled", "enrolled"]
        assert Enrollment.objects.get(pk=waiting[0].pk).geocode_due_at > clock.now() + tasks.LEASE / 2
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION poison() CASCADE")
