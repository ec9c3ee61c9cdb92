"""Clouds that the format was not made for: their documents are of these tests, written as anybody would."""

from datetime import UTC, datetime

import pytest

from devices.connectors.pull.finding import devices_in, items_of
from devices.connectors.pull.observing import by_device, observe_item, observe_past

from .test_real_answers import NOW, codes, discovered, state_of

pytestmark = pytest.mark.real_data


def seen_in_bulk(document, number, told):
    entry = document.entries[number]
    bulk = entry.state.bulk
    items, faults = items_of(document.calls[bulk.call], told)
    assert faults == []
    ((name, item),) = by_device(bulk, items).items()
    return name, observe_item(entry, bulk, item, answer=told, kept={}, received_at=NOW)


def test_ecobee_tells_tenths_of_a_degree_fahrenheit(document, answer):
    name, seen = seen_in_bulk(document("ecobee"), 0, answer("ecobee_ha/thermostat_first_of_three.json"))
    assert name == "8675309"
    assert seen.state == {
        "ambientTemperature": 30,
        "operatingMode": "auto",
        "heatTarget": 40,
        "coolTarget": 20,
        "fanMode": "on",
    }
    assert seen.observed_at == datetime(2022, 1, 1, 10, tzinfo=UTC)
    assert seen.faults == ()


def test_ecobee_thermostats_are_discovered(document, answer):
    found, faults = discovered(document("ecobee"), answer("ecobee_ha/thermostat_first_of_three.json"))
    assert [(each.id, each.type, each.model) for each in found] == [("8675309", "thermostat", "athenaSmart")]
    assert faults == []


def test_emporia_chargers(document, answer):
    name, seen = seen_in_bulk(document("emporia"), 0, answer("emporia_api_docs/Get_list_of_EV_chargers_Response.json"))
    assert name == "1234"
    assert seen.state == {"chargingState": "idle", "isPluggedIn": True}
    assert seen.observed_at == NOW
    assert seen.faults == ()


def test_an_empty_list_of_emporia_is_no_fault(document, answer):
    emporia = document("emporia")
    told = answer("emporia_api_docs/Get_thermostats_Response.json")
    assert items_of(emporia.calls["chargers"], told) == ([], [])


def test_solaredge_says_direction_and_unit_in_words(document, answer):
    seen = state_of(document("solaredge"), 0, answer("solaredge_ha/power_flow.json"))
    assert seen.state == {"chargePercentage": 75, "chargingState": "charging", "chargeRate": -250, "gridPower": 250}
    assert seen.faults == ()


def test_solaredge_sites_of_other_zones(document, answer):
    seen = state_of(document("solaredge"), 1, answer("solaredge_ha/overview.json"), kept={"zone": "America/Denver"})
    assert seen.state == {"power": 1234.5}
    assert seen.observed_at == datetime(2025, 1, 1, 19, tzinfo=UTC)


def test_a_zone_that_there_is_not_is_said(document, answer):
    seen = state_of(document("solaredge"), 1, answer("solaredge_ha/overview.json"), kept={"zone": "GMT -8"})
    assert seen.observed_at is None
    assert codes(seen) == {("devices[1].observed_at", "zone_unknown")}


def test_solaredge_devices_are_discovered(document, answer):
    found, faults = devices_in(document("solaredge"), answer("solaredge_ha/inventory.json"), kept={"site": 7})
    assert [(each.id, each.type, each.manufacturer, each.model, each.site) for each in found] == [
        ("BAT001", "battery", "Acme", "B1", "7"),
        ("site-7", "inverter", "Acme", "I1", "7"),
    ]
    assert faults == []


def test_solaredge_batteries_in_the_past(document, answer):
    solaredge, told = document("solaredge"), answer("solaredge_ha/storage_data.json")
    entry = solaredge.entries[0]
    items, _ = items_of(solaredge.calls["storage"], told)
    seen = [
        observe_past(entry.history, entry, item, answer=told, kept={"zone": "-07:00"}, received_at=NOW)
        for item in items
    ]
    assert [each.state for each in seen] == [
        {"chargePercentage": 50, "chargeRate": 0},
        {"chargePercentage": 80, "chargeRate": -2000},
        {"chargePercentage": 90, "chargeRate": 0},
        {"chargePercentage": 70, "chargeRate": 1000},
    ]
    assert seen[1].observed_at == datetime(2025, 1, 1, 8, tzinfo=UTC)
