"""Scorecards are of what really happened, month by month; planned maintenance is left out, and said to be (§7)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from devices.models import CallBucket, Cloud, Command
from devices.polling.call_log import AGES, LATENCIES, NO_ONE, CallLog
from enrollments.admin.scores import scorecards
from enrollments.models import RevocationDuty, Score
from enrollments.scorecards import keeping
from enrollments.scorecards.drawing import chart
from partners import maintenance
from partners.models import Maintenance
from tests.factories import DeviceFactory, PartnerFactory, active, event
from texture_portal import actors, jobs
from texture_portal.refusals import Refusal

pytestmark = pytest.mark.django_db
BY = actors.system("tests", channel=actors.Channel.COMMAND)
NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def cloud():
    return Cloud.objects.create(partner=PartnerFactory(), name="Cloud", base_url="https://cloud.example")


@pytest.fixture
def tpdo(cloud):
    cloud.partner.kind = "tpdo"
    cloud.partner.save()
    return cloud.partner


def calls(cloud, *, count, outcome="ok", minute=NOW - HOUR, category="telemetry", ms=100, age=60, call="states"):
    latencies = [0] * (len(LATENCIES) + 1)
    latencies[LATENCIES.index(ms)] = count
    ages = [0] * (len(AGES) + 1)
    ages[AGES.index(age)] = count if outcome == "ok" else 0
    CallBucket.objects.create(
        cloud=cloud, call=call, category=category, minute=minute, outcome=outcome, count=count, latencies=latencies,
        ages=ages,
    )  # fmt: skip


def scores(partner, *, now=NOW, month=date(2026, 5, 1), maker=""):
    keeping.compute(partner, now=now)
    return {each.measure: each for each in Score.objects.filter(partner=partner, month=month, maker=maker)}


def test_availability_is_of_calls_that_were_answered(cloud):
    calls(cloud, count=990)
    calls(cloud, count=6, outcome="http_429")
    calls(cloud, count=3, outcome="http_503")
    calls(cloud, count=1, outcome="timed_out")
    found = scores(cloud.partner)["availability"]
    assert (found.value, found.count, found.target, found.is_met) == (0.996, 1000, 0.995, True)
    calls(cloud, count=2, outcome="disconnected")
    assert scores(cloud.partner)["availability"].is_met is False


@pytest.mark.parametrize(("ms", "is_met"), [(2000, True), (3000, False)])
def test_the_p95_of_each_category_has_its_own_target(cloud, ms, is_met):
    calls(cloud, count=94, ms=50)
    calls(cloud, count=6, ms=ms, call="state")
    calls(cloud, count=10, category="historical", ms=10_000, call="history")
    found = scores(cloud.partner)
    assert (found["latency_telemetry"].value, found["latency_telemetry"].is_met) == (ms, is_met)
    assert (found["latency_historical"].value, found["latency_historical"].is_met) == (10_000, True)
    assert (found["latency_control"].count, found["latency_control"].is_met) == (0, None)


def test_freshness_is_of_readings_under_a_quarter_of_an_hour(cloud):
    calls(cloud, count=90, age=900)
    calls(cloud, count=10, age=3600, call="state")
    found = scores(cloud.partner)["freshness"]
    assert (found.value, found.count, found.is_met) == (0.9, 100, False)


def test_history_is_old_and_makes_no_reading_less_fresh(cloud):
    calls(cloud, count=90, age=60)
    calls(cloud, count=90, age=86_400, category="historical", call="history")
    found = scores(cloud.partner)["freshness"]
    assert (found.value, found.count) == (1.0, 90)


def test_a_tpdo_has_a_scorecard_for_each_maker_that_it_brings(cloud):
    """A call for several makers' devices counts for each; one for no one's counts in the whole alone (§3.3)."""
    partner = cloud.partner
    partner.kind = "tpdo"
    partner.save()
    for maker in ("Acme Energy", "Bolt", "BOLT"):
        DeviceFactory(partner=partner, manufacturer=maker)
    log, at = CallLog(), NOW - HOUR
    ok, away = {"outcome": "ok", "seconds": 0.1}, {"outcome": "http_503", "seconds": 2.5}
    for _ in range(100):
        log.note(cloud.pk, "list", "metadata", **ok, now=at, makers=[NO_ONE])
        log.note(cloud.pk, "states", "telemetry", **ok, now=at, makers=["Acme Energy", "Bolt"])
    for _ in range(50):
        log.note(cloud.pk, "states", "telemetry", **away, now=at, makers=["bolt"])
    ages = [("Acme Energy", at - HOUR), ("Bolt", at)]
    log.note_ages(cloud.pk, "states", "telemetry", observed=ages, now=at)
    log.write()
    whole, acme, bolt = (scores(partner, maker=maker) for maker in ("", "Acme Energy", "Bolt"))
    assert [round(each["availability"].value, 3) for each in (whole, acme, bolt)] == [0.8, 1.0, 0.667]
    assert [each["availability"].count for each in (whole, acme, bolt)] == [250, 100, 150]
    assert [each["latency_telemetry"].value for each in (whole, acme, bolt)] == [3000, 100, 3000]
    assert [each["freshness"].value for each in (whole, acme, bolt)] == [0.5, 0.0, 1.0]
    assert (whole["for_no_maker"].value, whole["for_no_maker"].count) == (0.4, 250)
    assert "for_no_maker" not in acme
    assert set(Score.objects.values_list("maker", flat=True)) == {"", "Acme Energy", "Bolt"}


def test_however_a_makers_name_is_spelled_it_is_one_with_one_name(tpdo, cloud):
    """As certificates, waivers and what a partner may enroll have it."""
    old, *new = (
        DeviceFactory(partner=tpdo, manufacturer=name) for name in ("Acme Energy", "Acme  Energy", "ACME ENERGY ")
    )
    log = CallLog()
    log.note(cloud.pk, "states", "telemetry", outcome="ok", seconds=0.1, now=NOW - HOUR, makers=["Acme  Energy"])
    makers = ["ACME ENERGY ", "Acme Energy"]
    log.note(cloud.pk, "states", "telemetry", outcome="http_503", seconds=0.1, now=NOW - HOUR, makers=makers)
    log.note_ages(cloud.pk, "states", "telemetry", observed=[(each, NOW - HOUR) for each in makers], now=NOW - HOUR)
    log.write()
    command(old, "complete")
    for device in new:
        command(device, "failed", error="failed_at_device")
    found = scores(tpdo, maker="Acme Energy")
    assert (found["availability"].value, found["availability"].count) == (0.5, 2)
    assert (found["freshness"].value, found["freshness"].count) == (1.0, 2)
    assert (round(found["command_success"].value, 3), found["command_success"].count) == (0.333, 3)
    assert set(Score.objects.values_list("maker", "maker_key")) == {("", ""), ("Acme Energy", "acme energy")}
    assert [(card.title, card.table["rows"] != []) for card in scorecards(tpdo, now=NOW)] == [
        ("Scorecard", True), ("Scorecard: Acme Energy", True),
    ]  # fmt: skip


def test_a_maker_has_the_name_that_is_on_record_and_one_line_over_the_year(tpdo):
    DeviceFactory(partner=tpdo, manufacturer="ACME energy")
    april = {"partner": tpdo, "month": date(2026, 4, 1), "measure": "availability", "value": 1, "count": 1}
    Score.objects.create(**april, maker="ACME energy", maker_key="acme energy", computed_at=NOW)
    tpdo.manufacturers = ["Acme Energy"]
    tpdo.save()
    assert scores(tpdo, maker="Acme Energy")
    (_, card) = scorecards(tpdo, now=NOW)
    assert card.title == "Scorecard: Acme Energy"
    assert "2026-04" in str(card.table)


def test_the_longest_names_of_makers_are_counted(tpdo, cloud):
    """Letters are folded into three at most."""
    name = "ΐ" * 255
    DeviceFactory(partner=tpdo, manufacturer=name, serial_key="x")
    log = CallLog()
    log.note(cloud.pk, "states", "telemetry", outcome="ok", seconds=0.1, now=NOW - HOUR, makers=[name])
    log.write()
    assert scores(tpdo, maker=name)["availability"].count == 1


def test_many_makers_cost_no_more_statements_and_the_smallest_have_no_scorecard(tpdo, cloud, monkeypatch):
    monkeypatch.setattr(keeping, "MOST_MAKERS", 3)
    statements = []
    for number in (1, 4):
        for each in range(number):
            DeviceFactory(partner=tpdo, manufacturer=f"Maker {each}")
        with CaptureQueriesContext(connection) as asked:
            scores(tpdo)
        statements.append(len(asked))
    assert statements[0] == statements[1]
    assert set(Score.objects.values_list("maker", flat=True)) == {"", "Maker 0", "Maker 1", "Maker 2"}


def test_a_tpdos_planned_maintenance_is_left_out_of_each_makers_scorecard(cloud):
    partner, down = cloud.partner, NOW - 3 * HOUR
    partner.kind = "tpdo"
    partner.save()
    DeviceFactory(partner=partner, manufacturer="Bolt")
    log = CallLog()
    log.note(cloud.pk, "states", "telemetry", outcome="http_503", seconds=0.1, now=down, makers=["Bolt"])
    log.note(cloud.pk, "states", "telemetry", outcome="ok", seconds=0.1, now=NOW - HOUR, makers=["Bolt"])
    log.write()
    assert scores(partner, maker="Bolt")["availability"].value == 0.5
    maintenance.announce(
        partner, what="A move", starts_at=down, ends_at=down + HOUR, now=down - timedelta(hours=48), by=BY
    )
    assert scores(partner, maker="Bolt")["availability"].value == 1.0


def test_maintenance_that_was_announced_in_time_is_left_out_and_shown(cloud):
    down = NOW - 3 * HOUR
    calls(cloud, count=100)
    calls(cloud, count=50, outcome="http_503", minute=down)
    partner = cloud.partner
    given = {"what": "A move", "starts_at": down, "ends_at": down + HOUR, "by": BY}
    late = maintenance.announce(partner, now=down - timedelta(hours=47), **given)
    assert scores(partner)["availability"].is_met is False
    assert not late.is_in_time
    in_time = maintenance.announce(partner, now=down - timedelta(hours=48), **given)
    found = scores(partner)["availability"]
    assert (found.value, found.count, found.excluded_minutes) == (1.0, 100, 60)
    maintenance.cancel(in_time, now=down, by=BY)
    assert scores(partner)["availability"].is_met is False


def test_no_minute_is_left_out_twice_nor_before_it_has_come(cloud):
    down = NOW - 3 * HOUR
    calls(cloud, count=100)
    calls(cloud, count=50, outcome="http_503", minute=down + HOUR)
    for starts, ends in ((down, down + 2 * HOUR), (down + HOUR, down + 1.5 * HOUR), (NOW - HOUR / 2, NOW + HOUR)):
        maintenance.announce(
            cloud.partner, what="A move", starts_at=starts, ends_at=ends, by=BY, now=down - timedelta(hours=48)
        )  # fmt: skip
    found = scores(cloud.partner)["availability"]
    assert (found.value, found.count, found.excluded_minutes) == (1.0, 100, 120 + 30)


@pytest.mark.parametrize(("starts", "lasts"), [(-HOUR, HOUR), (HOUR, -HOUR), (HOUR, timedelta(days=8))])
def test_maintenance_is_announced_for_a_while_to_come(cloud, starts, lasts):
    with pytest.raises(Refusal):
        maintenance.announce(
            cloud.partner, what="x", starts_at=NOW + starts, ends_at=NOW + starts + lasts, now=NOW, by=BY
        )
    assert not Maintenance.objects.exists()


def test_another_months_calls_are_another_months(cloud):
    calls(cloud, count=10, minute=datetime(2026, 4, 30, 23, 59, tzinfo=UTC), outcome="http_500")
    calls(cloud, count=10, minute=datetime(2026, 5, 1, tzinfo=UTC))
    assert scores(cloud.partner)["availability"].value == 1.0
    assert (
        scores(cloud.partner, now=datetime(2026, 5, 2, tzinfo=UTC), month=date(2026, 4, 1))["availability"].value == 0
    )
    assert Score.objects.filter(month=date(2026, 4, 1)).exists()


def command(device, status, *, error="", at=NOW - HOUR):
    made = Command(
        partner=device.partner, device=device, command="battery:set-reserve", asked={}, input={}, requested_at=at,
        starts_at=at, expires_at=at + HOUR, way="push", finished_at=at, error_code=error, changed_at=at, changed_by={},
        status=status,
    )  # fmt: skip
    made.save()


def test_commands_events_and_revocations_of_the_partners_own_and_of_each_maker():
    enrollment = active(now=NOW - timedelta(days=2))
    device, partner = enrollment.device, enrollment.partner
    partner.kind = "tpdo"
    partner.save()
    command(device, "complete")
    command(device, "failed", error="failed_at_device")
    command(device, "rejected", error="rejected_by_partner")
    command(device, "rejected", error="stale_state")  # our own safety: not held against the partner
    command(device, "cancelled", error="superseded")
    event(enrollment, received_at=NOW - 30 * HOUR)
    for number, settled in enumerate((NOW - 30 * HOUR, NOW - HOUR)):
        RevocationDuty.objects.create(
            enrollment=enrollment, kind="partner_told", revoked_at=NOW - timedelta(days=2 + number),
            opened_at=NOW - timedelta(days=2), due_at=NOW - 24 * HOUR, settled_at=settled, outcome="acknowledged",
        )  # fmt: skip
    for maker in ("", device.manufacturer):
        found = scores(partner, maker=maker)
        assert (round(found["command_success"].value, 3), found["command_success"].count) == (0.333, 3)
        assert (found["revocations"].value, found["revocations"].is_met) == (0.5, False)
        late = found["event_deadlines"]
        assert (late.value, late.count, late.is_met) == (0.0, 1, False)
    assert scores(partner, maker="Another") == {}


def test_the_job_computes_each_partner_once_an_hour_and_ends(cloud):
    calls(cloud, count=1)
    PartnerFactory()  # with nothing that could be measured
    assert keeping.keep(now=NOW) == 1
    assert keeping.keep(now=NOW) == 0
    assert keeping.keep(now=NOW + HOUR) == 1
    assert set(Score.objects.filter(month=date(2026, 5, 1)).values_list("measure", flat=True)) == {
        each.value for each in Score.Measure if each != Score.Measure.FOR_NO_MAKER
    }


def test_a_partner_over_which_a_worker_dies_keeps_nobody_elses_scores_from_being_computed(cloud, monkeypatch):
    other = Cloud.objects.create(partner=PartnerFactory(), name="Cloud", base_url="https://other.example").partner
    bad, _ = sorted((cloud.partner, other), key=lambda each: each.pk)

    def dies(partner, *, now):
        if partner == bad:
            raise SystemExit("killed")
        compute(partner, now=now)

    compute = keeping.compute
    monkeypatch.setattr(keeping, "compute", dies)
    for attempt in range(3):  # its turn comes again, and costs the others theirs never
        at = NOW + attempt * HOUR
        with pytest.raises(SystemExit):
            keeping.keep(now=at)
        assert keeping.keep(now=at + HOUR / 12) == 1
        assert set(Score.objects.filter(computed_at__gte=at).values_list("partner", flat=True)) == {
            each.pk for each in (cloud.partner, other) if each != bad
        }


def test_one_that_fails_is_told_of_and_tried_again_in_its_turn(cloud, monkeypatch):
    def fails(partner, *, now):
        raise ValueError

    monkeypatch.setattr(keeping, "compute", fails)
    with pytest.raises(ExceptionGroup):
        keeping.keep(now=NOW)
    monkeypatch.undo()
    assert keeping.keep(now=NOW + HOUR / 12) == 0
    assert keeping.keep(now=NOW + HOUR) == 1


def test_one_that_fails_costs_those_behind_it_no_hour(cloud, monkeypatch):
    other, woken = active().partner, []

    def fails(partner, *, now):
        raise ValueError

    monkeypatch.setattr(keeping, "compute", fails)
    monkeypatch.setattr(jobs, "BATCH_SECONDS", 0.0)
    monkeypatch.setattr(jobs, "wake", woken.append)
    with pytest.raises(ExceptionGroup):
        keeping.keep(now=NOW)
    assert woken == ["scorecards"], f"{other} is left"
    with pytest.raises(ExceptionGroup):
        keeping.keep(now=NOW)
    assert woken == ["scorecards"], "nobody is left"


def test_a_partner_that_ended_is_scored_no_more(cloud):
    assert keeping.keep(now=NOW) == 1
    cloud.partner.status = "ended"
    cloud.partner.save()
    assert keeping.keep(now=NOW + HOUR) == 0


def test_commands_that_were_to_go_out_during_planned_maintenance_are_left_out():
    enrollment = active(now=NOW - timedelta(days=2))
    device, partner, down = enrollment.device, enrollment.partner, NOW - 3 * HOUR
    command(device, "complete", at=NOW - HOUR)
    command(device, "rejected", error="not_acknowledged", at=down + HOUR / 2)
    event(enrollment, received_at=down - 24 * HOUR)
    before = scores(partner)
    assert before["command_success"].value == 0.5
    maintenance.announce(
        partner, what="A move", starts_at=down, ends_at=down + HOUR, now=down - timedelta(hours=48), by=BY
    )
    found = scores(partner)
    assert (found["command_success"].value, found["command_success"].count) == (1.0, 1)
    assert found["event_deadlines"].count == before["event_deadlines"].count == 1


def test_a_chart_says_what_it_draws():
    drawn = chart(
        "Calls <answered>", [("2026-04", 99.9, True), ("2026-05", 98, False)], target=99.5, most=100, unit=" %"
    )
    assert 'aria-label="Calls &lt;answered&gt;: 2026-04 99.9 %, 2026-05 98 %"' in drawn
    assert (drawn.count("<rect"), drawn.count("<line")) == (2, 1)


def test_the_public_page_tells_of_the_portals_own_maintenance_alone(client, cloud):
    now = datetime.now(UTC)
    for partner, what in ((None, "A new database."), (cloud.partner, "They are moving.")):
        maintenance.announce(partner, what=what, starts_at=now + HOUR, ends_at=now + 2 * HOUR, now=now, by=BY)
    told = client.get("/status/").content.decode()
    assert "A new database." in told
    assert "They are moving." not in told
