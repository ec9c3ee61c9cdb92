"""Every answer in ../shared/data/oem that tells of devices, by the document of its cloud: fields, units and signs."""

from datetime import UTC, datetime

import pytest

from devices.checking import state_faults
from devices.connectors.pull.finding import devices_in, items_of, kept_of
from devices.connectors.pull.observing import by_device, observe, observe_item, observe_past

pytestmark = pytest.mark.real_data
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
OWNER, FLEET = "tesla_owner_api_docs", "tesla_fleet_ha_teslemetry"
OF_SITE = f"{OWNER}/state_GET_api_1_energy_sites_site_id"
PANELS_ALONE = "Response_for_solar_panel_system_without_powerwalls"


def discovered(document, *answers):
    """As discovery goes: the items of each step lead to the next; the last step's hold the devices."""
    kept, found, faults = {}, [], []
    for step, told in zip(document.discovery, answers, strict=True):
        items, wrong = items_of(document.calls[step.call], told)
        faults += wrong
        if step is not document.discovery[-1]:
            kept, wrong = kept_of(step, items[0], before=kept, at="discovery")
            faults += wrong
    for item in items:
        own, wrong = kept_of(document.discovery[-1], item, before=kept, at="discovery")
        devices, more = devices_in(document, item, kept=own)
        found += devices
        faults += [*wrong, *more]
    return found, faults


def state_of(document, number, told, *, kept=None, also=None):
    entry = document.entries[number]
    seen = observe(entry, told, kept=kept or {}, received_at=NOW, also=also)
    assert state_faults(entry.type, seen.state) == []
    return seen


def codes(seen):
    return {(fault.at, fault.code) for fault in seen.faults}


# -- Tesla: battery_power positive discharges, grid_power positive imports ----------------------------------------

SELF_POWERED = {
    "chargePercentage": 95.50537403739663,
    "chargingState": "discharging",
    "chargeRate": 5060,
    "backupReserve": 0,
    "gridStatus": "idle",
    "gridPower": 0,
    "strategy": "self_consumption",
    "isStormModeEnabled": True,
    "isStormModeActive": False,
}


def test_a_tesla_site_with_powerwalls(document, answer):
    info = answer(f"{FLEET}/site_info.json")
    seen = state_of(document("tesla"), 0, answer(f"{FLEET}/live_status.json"), also={"info": info})
    assert seen.state == SELF_POWERED
    assert seen.observed_at == datetime(2024, 1, 1, tzinfo=UTC)
    assert seen.faults == ()


def test_its_panels_are_an_inverter(document, answer):
    seen = state_of(document("tesla"), 1, answer(f"{FLEET}/live_status.json"), also={"info": None})
    assert seen.state == {"power": 1185, "gridStatus": "idle", "gridPower": 0}


def test_its_wall_connectors_are_chargers(document, answer):
    tesla, told = document("tesla"), answer(f"{FLEET}/live_status.json")
    entry = tesla.entries[2]
    bulk = entry.state.bulk
    items, faults = items_of(tesla.calls[bulk.call], told)
    by_id = by_device(bulk, items)
    assert (set(by_id), faults) == ({"abd-123", "bcd-234"}, [])
    seen = observe_item(entry, bulk, by_id["abd-123"], answer=told, kept={}, received_at=NOW)
    assert seen.state == {"chargingState": "idle", "isPluggedIn": False, "chargerWattage": 0}
    assert seen.observed_at == datetime(2024, 1, 1, tzinfo=UTC)


def test_a_tesla_site_that_exports(document, answer):
    name = f"{OF_SITE}_live_status_{PANELS_ALONE}.json"
    seen = state_of(document("tesla"), 1, answer(name))
    assert seen.state == {"power": 7720, "gridStatus": "exporting", "gridPower": -3202.85009765625}
    assert seen.observed_at == datetime(2022, 7, 28, 17, 11, 27, tzinfo=UTC)


def test_a_tesla_site_that_is_described_otherwise(document, answer):
    """The settings of another site: a reserve of 100 %, and storm mode that may come on."""
    name = f"{OF_SITE}_site_info_Response_for_site_with_Solar_Panels_and_Powerwalls.json"
    seen = state_of(document("tesla"), 0, answer(f"{FLEET}/live_status.json"), also={"info": answer(name)})
    assert seen.state == {**SELF_POWERED, "backupReserve": 100, "isStormModeEnabled": True}


def test_settings_that_a_solar_site_does_not_have_are_left_out(document, answer):
    name = f"{OF_SITE}_site_info_{PANELS_ALONE}.json"
    seen = state_of(document("tesla"), 0, answer(f"{FLEET}/live_status.json"), also={"info": answer(name)})
    missing = {"backupReserve", "strategy", "isStormModeEnabled"}
    assert seen.state == {name: value for name, value in SELF_POWERED.items() if name not in missing}


@pytest.mark.parametrize(
    ("name", "number", "state"),
    [
        (
            "state_GET_api_1_energy_sites_site_id_site_status_Response_for_battery_system_with_powerwalls",
            0,
            {"charge": 21604, "chargePercentage": 100, "chargingState": "discharging", "chargeRate": 10,
             "gridStatus": None, "gridPower": None},
        ),
        (
            "state_GET_api_1_energy_sites_site_id_site_status_Response_for_solar_panel_system_without_powerwalls",
            1,
            {"power": 7700},
        ),
    ],
)  # fmt: skip
def test_a_tesla_answer_without_a_time_is_no_reading(document, answer, name, number, state):
    """What the older status answer tells is read right; but without its time it is not taken for the present."""
    seen = state_of(document("tesla"), number, answer(f"{OWNER}/{name}.json"))
    assert seen.state == {name: value for name, value in state.items() if value is not None}
    assert seen.observed_at is None
    assert (f"devices[{number}].observed_at", "time_missing") in codes(seen)


def test_tesla_sites_are_discovered(document, answer):
    found, faults = discovered(document("tesla"), answer(f"{FLEET}/products_energy_sites_only.json"))
    assert [(each.id, each.type, each.serial_number, each.site) for each in found] == [
        ("123456", "battery", "ABC123", "123456"),
        ("123456-solar", "inverter", "c0ffee", "123456"),
        ("123-abc", "charger", "123-abc", "123456"),
        ("234-bcd", "charger", "234-bcd", "123456"),
    ]
    assert found[0].kept["site"] == 123456
    assert faults == []


def test_a_tesla_site_of_panels_alone_is_discovered(document, answer):
    found, faults = discovered(document("tesla"), answer(f"{OWNER}/products_GET_api_1_products_Response.json"))
    assert [(each.id, each.type) for each in found] == [("2252147638651575-solar", "inverter")]
    assert faults == []


@pytest.mark.parametrize("kind", ["calendar_history", "history"])
def test_tesla_tells_powers_of_the_past(document, answer, kind):
    tesla = document("tesla")
    told = answer(f"{OWNER}/history_GET_api_1_energy_sites_site_id_{kind}_Response_when_kind_power.json")
    (item,), faults = items_of(tesla.calls["power_history"], told)
    entry = tesla.entries[0]
    seen = observe_past(entry.history, entry, item, answer=told, kept={}, received_at=NOW)
    assert seen.state == {"chargingState": "idle", "chargeRate": 0, "gridStatus": "idle", "gridPower": 0}
    assert seen.observed_at.hour == 7
    assert faults == []


@pytest.mark.parametrize("kind", ["calendar_history", "history"])
def test_tesla_energies_of_the_past_are_no_state(document, answer, kind):
    """A day's or a month's energy is no field of the registry: nothing is made of it, and it is said."""
    tesla = document("tesla")
    told = answer(f"{OWNER}/history_GET_api_1_energy_sites_site_id_{kind}_Response_when_kind_energy.json")
    (item,), _ = items_of(tesla.calls["power_history"], told)
    entry = tesla.entries[0]
    seen = observe_past(entry.history, entry, item, answer=told, kept={}, received_at=NOW)
    assert (seen.state, seen.observed_at) == ({}, None)
    assert codes(seen) == {("devices[0].history.fields", "nothing_found")}


@pytest.mark.parametrize(
    "name",
    [
        "state_GET_api_1_energy_sites_rate_tariffs_Response_for_solar_panel_system_without_powerwalls",
        "state_GET_api_1_energy_sites_site_id_backup_time_remaining",
        "state_GET_api_1_energy_sites_site_id_programs_Response_for_solar_panel_system_without_powerwalls",
        "state_GET_api_1_energy_sites_site_id_tariff_rate",
        "commands_POST_api_1_energy_sites_site_id_backup_Response",
    ],
)
def test_what_tells_of_something_else_gives_no_reading(document, answer, name):
    seen = observe(document("tesla").entries[0], answer(f"{OWNER}/{name}.json"), kept={}, received_at=NOW)
    assert seen.observed_at is None
    assert seen.faults


# -- EG4 / LuxPower: volts in tenths, ampere hours; pToUser imports, pCharge charges -----------------------------------

CHARGING = {"charge": 31609.2, "chargePercentage": 71, "chargingState": "charging", "chargeRate": -1045}


def test_an_eg4_inverter(document, answer):
    battery = answer("eg4_luxpower/battery_1234567890.json")
    seen = state_of(document("eg4"), 0, answer("eg4_luxpower/runtime_1234567890.json"), also={"battery": battery})
    assert seen.state == {"power": 0, "gridStatus": "importing", "gridPower": 1030, "batteryState": CHARGING}
    assert seen.observed_at == datetime(2025, 9, 10, 16, 48, 1, tzinfo=UTC)
    assert seen.faults == ()


def test_its_battery(document, answer):
    battery = answer("eg4_luxpower/battery_1234567890.json")
    seen = state_of(document("eg4"), 1, answer("eg4_luxpower/runtime_1234567890.json"), also={"battery": battery})
    assert seen.state == {**CHARGING, "gridStatus": "importing", "gridPower": 1030}


def test_the_battery_answer_alone_tells_the_same_of_the_battery(document, answer):
    battery = answer("eg4_luxpower/battery_1234567890.json")
    seen = state_of(document("eg4"), 1, battery, also={"battery": battery})
    assert seen.state == CHARGING
    assert codes(seen) == {("devices[1].observed_at", "time_missing")}


def test_eg4_devices_are_discovered(document, answer):
    found, faults = discovered(document("eg4"), answer("eg4_luxpower/login.json"))
    assert [(each.id, each.type, each.model) for each in found] == [
        ("1111111111", "inverter", "FlexBOSS21"),
        ("2222222222", "inverter", "18KPV"),
        ("1111111111-battery", "battery", "FlexBOSS21"),
        ("2222222222-battery", "battery", "18KPV"),
        ("3333333333", "other", "Grid Boss"),
    ]
    assert {each.site for each in found} == {"99999"}
    assert found[2].kept["inverter"] == "1111111111"
    assert faults == []


@pytest.mark.parametrize("name", ["energy_1234567890", "parallel_energy_1234567890"])
def test_eg4_sums_of_energy_are_no_state(document, answer, name):
    """Day's and life's energies have no field in the registry; the state of charge in the first of them has."""
    seen = state_of(document("eg4"), 1, answer(f"eg4_luxpower/{name}.json"))
    assert seen.observed_at is None
    assert set(seen.state) <= {"chargePercentage"}


def test_an_eg4_grid_boss_is_no_inverter(document, answer):
    seen = state_of(document("eg4"), 0, answer("eg4_luxpower/midbox_0987654321.json"))
    assert (seen.state, seen.observed_at) == ({}, None)


# -- Easee: totalPower in kW; outputCurrent is a limit and no current --------------------------------------------


def test_an_easee_charger_that_waits(document, answer):
    seen = state_of(document("easee"), 0, answer("easee/charger-state.json"))
    assert seen.state == {
        "chargingState": "idle",
        "isPluggedIn": True,
        "chargerVoltage": 240.7689971923828,
        "chargerCurrent": 0.01899999938905239,
        "chargerWattage": 0,
    }
    assert seen.observed_at == datetime(2020, 7, 18, 20, 1, 16, tzinfo=UTC)
    assert seen.faults == ()


def test_easee_chargers_of_a_site_at_once(document, answer):
    easee, told = document("easee"), answer("easee/site-state.json")
    entry = easee.entries[0]
    bulk = entry.state.bulk
    items, _ = items_of(easee.calls[bulk.call], told)
    by_id = by_device(bulk, items)
    assert set(by_id) == {"EH123497"}
    seen = observe_item(entry, bulk, by_id["EH123497"], answer=told, kept={}, received_at=NOW)
    assert seen.state == {
        "chargingState": "idle",
        "isPluggedIn": False,
        "chargerVoltage": 239.75,
        "chargerCurrent": 0,
        "chargerWattage": 0,
    }
    assert seen.observed_at == datetime(2020, 10, 1, 8, 30, 55, tzinfo=UTC)


def test_easee_chargers_are_discovered(document, answer):
    found, faults = discovered(document("easee"), answer("easee/sites.json"), answer("easee/site.json"))
    assert [(each.id, each.type, each.site, each.name) for each in found] == [
        ("ES12345", "charger", "55555", "Easee Home 12345")
    ]
    assert faults == []


def test_the_list_of_easee_chargers_reads_alike(document, answer):
    site = {"circuits": [{"chargers": answer("easee/chargers.json")}]}
    found, faults = devices_in(document("easee"), site, kept={"site": 1})
    assert [(each.id, each.type) for each in found] == [("EH12345", "charger")]
    assert faults == []
