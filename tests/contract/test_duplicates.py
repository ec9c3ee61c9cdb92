"""A device is (partner, manufacturerDeviceId), and has one open enrollment (§3)."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from .client import Client
from .payloads import again, changed, enrollment


def test_a_device_enrolled_already_is_refused_with_its_enrollment(lone_oem: Client) -> None:
    body = enrollment()
    made = lone_oem.enrolled(body)
    answer = lone_oem.enroll(body)
    assert (answer.status, answer.code) == (409, "enrollment_exists")
    assert answer.json["enrollmentId"] == made["id"]
    assert [got["id"] for got in lone_oem.enrollments()] == [made["id"]]


@pytest.mark.parametrize("change", [str, str.lower, lambda serial: f"  {serial}\t"], ids=["same", "case", "spaces"])
def test_the_same_serial_under_another_id_of_the_partner_is_refused(oem: Client, change: Callable[[str], str]) -> None:
    body = enrollment()
    made = oem.enrolled(body)
    other = again(body)
    other["device"]["serialNumber"] = change(body["device"]["serialNumber"])
    other["device"]["manufacturer"] = change("Acme Energy")
    answer = oem.enroll(other)
    assert (answer.status, answer.code) == (409, "enrollment_exists")
    assert answer.json["enrollmentId"] == made["id"]


@pytest.mark.parametrize("change", [str, str.lower, lambda serial: f" {serial} "], ids=["same", "case", "spaces"])
def test_a_device_enrolled_by_another_partner_is_refused_and_nothing_told(
    oem: Client, stranger: Client, change: Callable[[str], str]
) -> None:
    body = enrollment()
    made = oem.enrolled(body)
    other = again(body)
    other["device"]["serialNumber"] = change(body["device"]["serialNumber"])
    answer = stranger.enroll(other)
    assert (answer.status, answer.code) == (409, "device_enrolled_elsewhere")
    assert "enrollmentId" not in answer.json
    told = answer.body.decode()
    for secret in (made["id"], made["device"]["id"], made["site"]["id"], oem.partner_id, oem.name):
        assert secret not in told


def test_the_same_id_at_two_partners_is_two_devices(oem: Client, stranger: Client) -> None:
    body = enrollment()
    oem.enrolled(body)
    theirs = changed(enrollment(), "/device/manufacturerDeviceId", body["device"]["manufacturerDeviceId"])
    assert stranger.enroll(theirs).status == 201


def test_the_longest_names_are_told_apart_and_known_again(oem: Client) -> None:
    """Letters that are folded into three; two names differ in their last one."""
    begin, end, made = uuid4().hex, "\u0390" * 222, []
    for serial in (f"{begin}{end}a", f"{begin}{end}b", f"{begin.upper()}{end}A"):
        body = changed(enrollment(), "/device/manufacturer", "\u0390" * 255)
        made.append(oem.enroll(changed(body, "/device/serialNumber", serial)))
    assert [each.status for each in made] == [201, 201, 409]
    assert made[-1].code == "enrollment_exists"


def test_the_same_serial_of_another_maker_is_another_device(oem: Client) -> None:
    body = enrollment()
    oem.enrolled(body)
    other = again(body)
    other["device"] |= {"serialNumber": body["device"]["serialNumber"], "manufacturer": "Other Works"}
    assert oem.enroll(other).status == 201


def test_ids_differ_by_case(oem: Client) -> None:
    body = enrollment()
    oem.enrolled(body)
    other = again(body)
    other["device"]["manufacturerDeviceId"] = body["device"]["manufacturerDeviceId"].lower()
    assert oem.enroll(other).status == 201


def test_a_partner_of_one_maker_enrolls_no_others(new_partner: Callable[..., Client]) -> None:
    acme = new_partner("--manufacturer", "Acme Energy", "--manufacturer", "Acme Solar")
    for maker in ("Acme Energy", "Acme Solar"):
        assert acme.enroll(changed(enrollment(), "/device/manufacturer", maker)).status == 201
    answer = acme.enroll(changed(enrollment(), "/device/manufacturer", "Other Works"))
    assert (answer.status, answer.code) == (403, "manufacturer_not_allowed")
    assert len(acme.enrollments()) == 2
