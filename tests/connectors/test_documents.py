"""What is wrong with a document is said where it is, with what to do about it; nothing is read by guessing."""

import copy
import json
from datetime import UTC, datetime

import pytest
from django.conf import settings

from devices.connectors.pull import shipped
from devices.connectors.pull.faults import DocumentError
from devices.connectors.pull.finding import devices_in
from devices.connectors.pull.observing import observe
from devices.connectors.pull.parsing import parse

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
GOOD = {
    "name": "Acme",
    "calls": {
        "list": {"path": "/units", "items": "units"},
        "state": {"path": "/units/{device}"},
        "past": {"path": "/units/{device}/past", "query": {"from": "{start}", "to": "{end}"}, "items": "rows"},
    },
    "discovery": [{"call": "list", "keep": {"site": "home"}}],
    "devices": [
        {
            "type": "battery",
            "id": "id",
            "state": {"call": "state"},
            "history": {"call": "past"},
            "observed_at": {"path": "at"},
            "fields": {
                "chargePercentage": {"path": "soc", "unit": "fraction"},
                "chargeRate": {"path": "in_kw", "minus": "out_kw", "unit": "kW", "flip": True},
                "chargingState": {"path": "mode", "map": {"C": "charging", "D": "discharging"}},
                "isStormModeActive": "storm",
            },
        }
    ],
}


def changed(**members):
    """GOOD with members set: `devices__0__id=…`."""
    document = copy.deepcopy(GOOD)
    for place, value in members.items():
        *way, last = [int(part) if part.isdigit() else part for part in place.split("__")]
        inner = document
        for part in way:
            inner = inner[part]
        if value is None:
            del inner[last]
        else:
            inner[last] = value
    return document


def faults_of(document):
    with pytest.raises(DocumentError) as refused:
        parse(document)
    return {fault.at: (fault.code, fault.detail) for fault in refused.value.faults}


def read(document=GOOD, **answer):
    return observe(parse(document).entries[0], {"at": "2026-05-01T11:59:00Z", **answer}, kept={}, received_at=NOW)


@pytest.mark.parametrize("name", shipped.names())
def test_what_is_shipped_is_good(name):
    assert parse(shipped.document(name)).entries


@pytest.mark.parametrize(
    ("members", "at", "code", "said"),
    [
        ({"name": None}, "name", "required", "The OEM, for people."),
        ({"devices__0__feilds": {}}, "devices[0].feilds", "unknown_member", "Did you mean fields?"),
        ({"devices__0__type": "heatpump"}, "devices[0].type", "invalid", "battery, inverter"),
        ({"devices__0__type": None}, "devices[0].type", "required", "`common`"),
        ({"devices__0__id": "a..b"}, "devices[0].id", "path_invalid", "no JMESPath"),
        ({"devices__0__state__call": "stat"}, "devices[0].state.call", "unknown_call", "There is state."),
        ({"calls__state__path": "/units/{unit}"}, "calls.state", "unknown_name", "known there: device, site"),
        ({"calls__list__path": "/units/{device}"}, "calls.list", "unknown_name", "known there: nothing"),
        ({"calls__state__path": "units"}, "calls.state.path", "invalid", "Behind the cloud's address"),
        ({"calls__list__pages": {"by": "cursor", "send": "c"}}, "calls.list.pages.next", "required", "JMESPath"),
        ({"calls__state__json": {}}, "calls.state.method", "invalid", "POST"),
        ({"devices__0__observed_at": None}, "devices[0].observed_at", "required", "received"),
        ({"devices__0__observed_at": {"path": "at", "form": "local"}}, "devices[0].observed_at.zone", "required", ""),
        ({"devices__0__fields__soc": "soc"}, "devices[0].fields.soc", "unknown_field", "It has"),
        (
            {"devices__0__fields__chargeRate__unit": "kWh"},
            "devices[0].fields.chargeRate.unit", "wrong_unit", "kWh does not become W; mW, W, kW, MW do.",
        ),
        (
            {"devices__0__fields__chargeRate__unit": "kw"},
            "devices[0].fields.chargeRate.unit", "unknown_unit", "kW",
        ),
        ({"devices__0__fields__chargeRate__flpi": 1}, "devices[0].fields.chargeRate.flpi", "unknown_member", "flip"),
        ({"devices__0__fields__chargingState": "mode"}, "devices[0].fields.chargingState.map", "required", "idle"),
        (
            {"devices__0__fields__chargingState__map__C": "laden"},
            "devices[0].fields.chargingState.map.C", "invalid", "charging, discharging, idle, unknown",
        ),
        (
            {"devices__0__type": "thermostat", "devices__0__fields": {"ambientTemperature": "t"}},
            "devices[0].fields.ambientTemperature.unit", "required", "degF, degC, K",
        ),
        (
            {"devices__0__type": "inverter", "devices__0__fields": {"batteryState": "battery"}},
            "devices[0].fields.batteryState", "invalid", "state of a battery",
        ),
        ({"devices__0__ratings": {"volume": "l"}}, "devices[0].ratings.volume", "unknown_field", "energyCapacityWh"),
        (
            {"devices__0__ratings": {"maxChargePowerW": {"path": "kw", "unit": "kWh"}}},
            "devices[0].ratings.maxChargePowerW.unit", "wrong_unit", "kWh does not become W",
        ),
        (
            {"devices__0__ratings": {"minTemperatureF": "low"}},
            "devices[0].ratings.minTemperatureF.unit", "required", "degF, degC, K",
        ),
        ({"limits": {"telemetrie": {"per_second": 1}}}, "limits", "invalid", ""),
    ],
)  # fmt: skip
def test_a_fault_is_told_where_it_is_and_with_its_remedy(members, at, code, said):
    faults = faults_of(changed(**members))
    assert at in faults, faults
    assert faults[at][0] == code
    assert said in faults[at][1]


def test_ratings_come_in_the_registrys_units_and_what_is_none_is_told():
    kilowatts, degrees = {"path": "kw", "unit": "kW"}, {"path": "low", "unit": "degC"}
    document = parse(changed(devices__0__ratings={"maxChargePowerW": kilowatts, "minTemperatureF": degrees}))
    [found], faults = devices_in(document, {"id": "A", "kw": 5, "low": 0}, kept={})
    assert (found.ratings, faults) == ({"maxChargePowerW": 5000.0, "minTemperatureF": 32.0}, [])
    [found], faults = devices_in(document, {"id": "A", "kw": "five"}, kept={})
    assert found.ratings == {}
    assert [(each.at, each.code) for each in faults] == [("devices[0].ratings.maxChargePowerW", "rating_invalid")]


def test_every_fault_is_told_at_once():
    assert len(faults_of(changed(name=None, devices__0__type="x", calls__state__path="units"))) == 3


@pytest.mark.parametrize("document", [None, [], "text", {"name": "x"}, {"devices": []}])
def test_what_is_no_document_is_refused(document):
    assert faults_of(document)


def test_a_state_is_read_with_units_signs_and_words():
    seen = read(soc=0.715, in_kw=3.2, out_kw=0.7, mode="C", storm=False)
    assert seen.state == {
        "chargePercentage": 71.5, "chargeRate": -2500, "chargingState": "charging", "isStormModeActive": False,
    }  # fmt: skip
    assert (seen.observed_at, seen.faults) == (datetime(2026, 5, 1, 11, 59, tzinfo=UTC), ())


@pytest.mark.parametrize(
    ("answer", "field", "value", "code"),
    [
        ({"mode": "X"}, "chargingState", "unknown", "value_unknown"),
        ({"mode": None}, "chargingState", None, None),
        ({"storm": "maybe"}, "isStormModeActive", None, "invalid"),
        ({"storm": 1}, "isStormModeActive", None, "invalid"),
        ({"soc": 1.2}, "chargePercentage", None, "out_of_range"),
        ({"soc": "--"}, "chargePercentage", None, "not_a_number"),
        ({"soc": True}, "chargePercentage", None, "not_a_number"),
        ({"soc": "0.5"}, "chargePercentage", 50, None),
        ({"in_kw": 1}, "chargeRate", None, None),
        ({"in_kw": 1, "out_kw": {}}, "chargeRate", None, "not_a_number"),
    ],
)
def test_what_cannot_be_read_is_null_or_unknown_and_never_a_guess(answer, field, value, code):
    seen = read(**{"soc": 0.5, "mode": "C", **answer})
    assert seen.state.get(field) == value
    assert [fault.code for fault in seen.faults if fault.at.endswith(field)] == ([code] if code else [])
    assert seen.observed_at is not None


@pytest.mark.parametrize(
    ("clock", "told", "expected"),
    [
        ({}, "2026-05-01T13:59:00+02:00", "2026-05-01T11:59:00"),
        ({}, "2026-05-01 11:59:00", "time_without_zone"),
        ({}, "yesterday", "time_unreadable"),
        ({}, None, "time_missing"),
        ({"form": "epoch"}, 1777636740, "2026-05-01T11:59:00"),
        ({"form": "epoch_ms"}, "1777636740000", "2026-05-01T11:59:00"),
        ({"form": "epoch_ms"}, 1777636740, "time_unreadable"),
        ({"form": "local", "zone": "zone"}, "2026-05-01 5:59:00", "2026-05-01T11:59:00"),
        ({"form": "local", "zone": "'-06:00'"}, "2026-05-01 05:59:00", "2026-05-01T11:59:00"),
        ({"form": "local", "zone": "`-360`"}, "2026-05-01 05:59:00", "2026-05-01T11:59:00"),
        ({"form": "local", "zone": "'Mars/Base'"}, "2026-05-01 05:59:00", "zone_unknown"),
        ({"form": "local", "zone": "zone"}, "2025-11-02 01:30:00", "time_ambiguous"),
    ],
)
def test_times_in_every_form(clock, told, expected):
    document = changed(devices__0__observed_at={"path": "at", **clock})
    seen = read(document, at=told, soc=0.5, zone="America/Denver")
    if expected[0].isdigit():
        assert seen.observed_at == datetime.fromisoformat(expected).replace(tzinfo=UTC)
    else:
        assert seen.observed_at is None
        assert expected in [fault.code for fault in seen.faults]


def test_the_guides_example_reads_what_it_says():
    guide = (settings.BASE_DIR / "docs" / "connectors.md").read_text(encoding="utf-8")
    document = parse(json.loads(guide.split("```json")[1].split("```")[0]))
    home = {"id": 7, "tz": "America/Denver", "units": [{"uid": "B-1", "kind": "ESS", "sn": "S9"}]}
    [found], faults = devices_in(document, home, kept={"home": 7})
    assert (found.id, found.serial_number, found.site, faults) == ("B-1", "S9", "7", [])
    told = {"ts": 1777636740, "soc": 0.715, "in_kw": 2.5, "out_kw": 0, "mode": "CHG", "meter_kw": -1.2}
    seen = observe(document.entries[0], told, kept=found.kept, received_at=NOW)
    assert seen.state == {"chargePercentage": 71.5, "chargeRate": -2500, "chargingState": "charging", "gridPower": 1200}
    assert seen.observed_at == datetime(2026, 5, 1, 11, 59, tzinfo=UTC)
