"""A partner rehearses link sessions: its sandbox has a manufacturer to link with, and an account for each outcome."""

import json

import pytest
import requests

from enrollments.partner_sandbox import maker as verbs
from partners.sandbox.oauth.outcomes import OUTCOMES
from tests.partner_sandbox.conftest import manage
from tests.partner_sandbox.test_sandbox import at
from tests.waiting import PATIENCE
from texture_portal.demo.person import Person
from texture_portal.docs.views import FAULTS

PASSWORD = "sandbox"


@pytest.fixture(scope="module")
def accounts(maker):
    """As its page tells them to whoever tries."""
    listed = requests.get(f"{maker.url}/accounts", timeout=PATIENCE).json()["data"]
    return {each["account"]: each for each in listed}


@pytest.fixture
def homes(accounts):
    """Those that have a battery, each for one test: a device is one partner's at a time."""
    return (name for name, each in accounts.items() if any(unit["type"] == "battery" for unit in each["devices"]))


def battery_of(accounts, name):
    return next(each for each in accounts[name]["devices"] if each["type"] == "battery")


def enrolled(oem, battery):
    body = at("1 Matched Way")
    body["device"] |= {
        "manufacturerDeviceId": battery["device_id"], "serialNumber": battery["serial_number"],
        "manufacturer": battery["manufacturer"], "model": battery["model"],
    }  # fmt: skip
    return oem.enrolled(body)


def session_of(oem, **asked):
    made = oem.post("/v1/link-sessions", asked or {"manufacturerDeviceId": "whatever it will be"})
    assert made.status == 201, made.body
    return made.json


def now_of(oem, session):
    return oem.get(f"/v1/link-sessions/{session['id']}").json


def late(oem, scenario, session):
    return oem.post("/v1/sandbox/link-sessions", {"scenario": scenario, "linkSessionId": session["id"]})


def at_the_maker(session):
    return Person().open(session["url"]).fill_in().choose("cloud")


def logs_in(person, account):
    return person.fill_in(account=account, password=PASSWORD, decision="allow")


def test_a_customer_links_the_device_that_the_partner_enrolled(partner, accounts, homes):
    oem, home = partner(), next(homes)
    battery = battery_of(accounts, home)
    made = enrolled(oem, battery)
    session = session_of(oem, enrollmentId=made["id"])
    person = logs_in(at_the_maker(session), home).must_be_at("devices")
    person.fill_in(device=battery["device_id"]).must_be_at("address")
    place = at("1 Matched Way")["site"]["address"]
    person.fill_in(
        street_one=place["streetOne"], city=place["city"], state=place["state"], postal_code=place["postalCode"]
    ).must_be_at("programs")
    person.fill_in(program=person.all_of("program")).must_be_at("terms").fill_in(agree="yes").must_be_at("done")
    assert now_of(oem, session)["state"] == "completed"
    assert oem.get(f"/v1/enrollments/{made['id']}").json["method"] == "hybrid"


def test_the_table_has_every_account(accounts):
    assert set(FAULTS) == set(OUTCOMES) == {name for name in accounts if not name.startswith("resident-")}


@pytest.mark.parametrize(("account", "fault"), FAULTS.items())
def test_an_account_comes_to_what_it_is_for_and_the_customer_may_try_again(partner, maker, account, fault):
    oem = partner()
    session = session_of(oem)
    person = logs_in(at_the_maker(session), account).must_be_at("problem")
    assert (now_of(oem, session)["state"], now_of(oem, session)["fault"]) == ("opened", fault)
    logs_in(at_the_maker_again(person), account).must_be_at("problem")
    assert now_of(oem, session)["fault"] == fault


def at_the_maker_again(person):
    return person.open(person.at.replace("/problem/", "/maker/")).choose("cloud")


def test_nobody_waits_an_hour_nor_ten_minutes(partner, maker):
    oem = partner()
    session = session_of(oem)
    assert late(oem, "answer_late", session).code == "state_conflict"
    person = at_the_maker(session)
    assert late(oem, "answer_late", session).status == 200
    logs_in(person, "resident-1").must_be_at("problem")
    assert now_of(oem, session)["fault"] == "expired"
    assert late(oem, "expire", session).json["state"] == "expired"
    assert late(oem, "expire", session).code == "state_conflict"
    assert late(partner(), "expire", session).code == "not_found"


def test_the_public_page_offers_it_too_and_what_is_linked_with_a_partners_is_that_partners(sandbox, partner, maker):
    oem = partner()
    session_of(oem)
    session_of(oem)
    person = Person().open(f"http://{sandbox.authority}/link/").fill_in()
    assert f">{verbs.MAKER}<" in person.page
    assert person.page.count(f"{verbs.MAKER} for {oem.name}<") == 1
    assert person.choose("cloud").at.startswith(maker.url)


def test_begun_anew_with_another_secret_it_is_set_up_again(partner, maker):
    oem = partner()
    session_of(oem)
    again = maker.control("POST", "secrets", {"client_id": maker.told["client"]["id"]})["client_secret"]
    told = maker.told | {"client": {**maker.told["client"], "secret": again}}
    assert manage("make_sandbox", "--maker", given=json.dumps(told), SANDBOX="on").returncode == 0
    logs_in(at_the_maker(session_of(oem)), "no-devices").must_be_at("problem")


def test_what_is_no_maker_is_said(sandbox):
    refused = manage("make_sandbox", "--maker", given='["Welcome!"]', SANDBOX="on")
    assert (refused.returncode, "Remedy: pipe it in" in refused.stderr) == (1, True)
