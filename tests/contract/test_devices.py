"""Devices, their types and programs as the contract has them (§5)."""

import uuid
from datetime import timedelta

import pytest

from contract.client import Client
from contract.conftest import create_program
from contract.payloads import enrollment
from devices.models import Device
from programs.models import Program
from texture_portal import clock


def test_an_enrolled_device_is_shown_as_it_was_enrolled(oem: Client) -> None:
    body = enrollment()
    made = oem.enrolled(body)
    device = oem.get(f"/v1/devices/{made['device']['id']}").json
    sent = body["device"]
    assert device == {
        "id": made["device"]["id"],
        **{name: sent[name] for name in ("manufacturerDeviceId", "serialNumber", "manufacturer", "model", "type")},
        "capabilities": {**sent["capabilities"], "commands": sorted(sent["capabilities"]["commands"])},
        "ratings": sent["ratings"],
        "siteId": made["site"]["id"],
        "enrollmentId": made["id"],
        "state": None,
        "lastSeenAt": None,
        "freshness": "never",
    }


@pytest.mark.parametrize(("minutes", "word"), [(1, "fresh"), (16, "stale"), (60 * 73, "offline")])
def test_freshness_is_told(oem: Client, minutes: int, word: str) -> None:
    device = oem.enrolled(enrollment())["device"]["id"]
    Device.objects.filter(pk=device).update(last_reading_at=clock.now() - timedelta(minutes=minutes))
    told = oem.get(f"/v1/devices/{device}").json
    assert told["freshness"] == word
    assert told["lastSeenAt"].endswith("Z")


def test_devices_are_listed_newest_first_in_pages(new_partner) -> None:
    partner = new_partner()
    made = [partner.enrolled(enrollment())["device"]["id"] for _ in range(3)]
    first = partner.get("/v1/devices", limit=2).json
    second = partner.get("/v1/devices", limit=2, cursor=first["nextCursor"]).json
    assert [each["id"] for each in (*first["data"], *second["data"])] == made[::-1]
    assert second["nextCursor"] is None


@pytest.mark.parametrize("name", ["manufacturerDeviceId", "serialNumber"])
def test_devices_are_found_by_what_the_partner_calls_them(oem: Client, name: str) -> None:
    body = enrollment()
    made = oem.enrolled(body)
    found = oem.get("/v1/devices", **{name: body["device"][name]}).json["data"]
    assert [each["id"] for each in found] == [made["device"]["id"]]


def test_devices_are_found_by_type(new_partner) -> None:
    partner = new_partner()
    partner.enrolled(enrollment())
    assert len(partner.get("/v1/devices", type="battery").json["data"]) == 1
    assert partner.get("/v1/devices", type="charger").json["data"] == []
    assert partner.get("/v1/devices", type="toaster").code == "validation_failed"


def test_another_partners_device_is_not_there(oem: Client, stranger: Client) -> None:
    device = oem.enrolled(enrollment())["device"]["id"]
    assert stranger.get(f"/v1/devices/{device}").code == "not_found"
    assert device not in {each["id"] for each in stranger.get("/v1/devices").json["data"]}
    assert oem.get(f"/v1/devices/{uuid.uuid4()}").code == "not_found"


def test_the_registry_is_told(oem: Client) -> None:
    told = {each["type"]: each for each in oem.get("/v1/device-types").json["data"]}
    assert list(told) == ["battery", "inverter", "charger", "thermostat", "vehicle", "other"]
    fields = {field["name"]: field for field in told["battery"]["state"]}
    assert fields["chargeRate"] == {
        "name": "chargeRate", "valueType": "number", "unit": "W", "ranges": [], "values": None,
        "sign": "Positive discharges, negative charges.", "meaning": "Power into or out of the store.",
    }  # fmt: skip
    assert fields["chargePercentage"]["ranges"] == [{"minimum": 0, "maximum": 100}]
    commands = {command["command"]: command for command in told["battery"]["commands"]}
    power = {each["name"]: each for each in commands["battery:set-power"]["parameters"]}["power"]
    assert (power["ratedMinimum"], power["ratedMaximum"]) == ("-maxChargePowerW", "maxDischargePowerW")
    factor = told["inverter"]["commands"][2]["parameters"][0]
    assert factor["ranges"] == [{"minimum": -1, "maximum": -0.8}, {"minimum": 0.8, "maximum": 1}]


def test_the_registry_comes_in_pages_like_every_list(oem: Client) -> None:
    first = oem.get("/v1/device-types", limit=4).json
    second = oem.get("/v1/device-types", limit=4, cursor=first["nextCursor"]).json
    assert len(first["data"]) == 4
    assert [each["type"] for each in second["data"]] == ["vehicle", "other"]


def offered(partner: Client) -> dict:
    return {each["id"]: each for each in partner.get("/v1/programs", limit=500).json["data"]}


def test_programs_that_take_a_device_where_it_stands_are_offered(new_partner, program_ids) -> None:
    partner = new_partner()
    made = partner.enrolled(enrollment())
    told = offered(partner)
    assert {program["id"] for program in made["programs"]} <= set(told)
    utilities = {made["site"]["utility"]["id"], *([made["site"]["cca"]["id"]] if made["site"]["cca"] else [])}
    assert {each["utility"]["id"] for each in told.values()} <= utilities
    assert all("battery" in each["deviceTypes"] for each in told.values())


def test_a_partner_without_devices_sees_what_there_is(new_partner, program_ids) -> None:
    told = offered(new_partner())
    assert {program_ids["Peak Saver"], program_ids["Front Range Peak"]} <= set(told)
    assert len({each["utility"]["id"] for each in told.values()}) > 1


def test_a_program_that_is_not_in_force_or_takes_no_such_device_is_not_offered(new_partner) -> None:
    partner = new_partner()
    owner = partner.enrolled(enrollment())["site"]["utility"]["eiaId"]
    names = ("taken", "paused", "over", "for chargers", "wants more")
    made = {name: create_program(f"{name} {uuid.uuid4()}", owner=owner, type="capacity") for name in names}
    Program.objects.filter(pk=made["over"]).update(ends_on=clock.now().date() - timedelta(days=3))
    Program.objects.filter(pk=made["for chargers"]).update(device_types=["charger"])
    Program.objects.filter(pk=made["wants more"]).update(required_commands=["battery:set-power"])
    paused = Program.objects.get(pk=made["paused"])
    paused.status = Program.Status.PAUSED
    paused.save()
    assert set(offered(partner)) & set(made.values()) == {made["taken"]}


def test_a_full_program_is_offered_and_not_open(new_partner) -> None:
    partner = new_partner()
    owner = partner.enrolled(enrollment())["site"]["utility"]["eiaId"]
    made = create_program(f"full {uuid.uuid4()}", owner=owner, type="capacity")
    assert offered(partner)[made]["open"] is True
    Program.objects.filter(pk=made).update(max_enrollments=0)
    told = offered(partner)[made]
    assert told["open"] is False
    assert (told["type"], told["startsOn"], told["endsOn"]) == ("capacity", None, None)
