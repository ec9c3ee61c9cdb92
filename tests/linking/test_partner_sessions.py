"""A partner sends its customer to link one device: the enrollments merge, and nobody else gets in by the address."""

import json

import pytest

from devices.models import Connection
from enrollments.models import Enrollment, LinkSession
from tests.contract import grid
from tests.linking.conftest import told

pytestmark = pytest.mark.browser

BACK = "http://127.0.0.1:9/linked"


def test_the_partners_enrollment_and_the_customers_consent_become_one(maker, by_the_maker, sent, walk, look, receiver):
    enrollment = by_the_maker()
    address, session = sent(enrollment, redirect_url=BACK, language="es")
    way = walk()
    way.page.goto(address)
    assert way.page.get_attribute("html", "lang") == "es"
    look(way.page, "link-session-door")
    way.page.click("main form button")
    way.to_maker().decide()
    look(way.page, "link-session-devices")
    assert way.page.locator("[name=device]").count() == 1
    way.page.click("main button.button")
    assert way.page.input_value("[name=street_one]") == grid.MATCHED["streetOne"]
    way.page.click("main button.button")
    way.join("Peak Saver").agree().done()
    look(way.page, "link-session-done")
    merged = Enrollment.objects.get()
    assert (merged.pk, merged.method, merged.state) == (enrollment.pk, "hybrid", "enrolled")
    assert merged.standing().program_types == ("demand_response", "virtual_power_plant")
    assert merged.customer == enrollment.customer == Connection.objects.get().customer
    assert merged.device.connection == Connection.objects.get()
    evidence = merged.consents.get(path="oauth")
    opened = json.loads(merged.customer.open(evidence.sealed_evidence, place=f"consent-evidence:{evidence.pk}"))
    assert (opened["method"], opened["ipAddress"], opened["language"]) == ("web_form", "127.0.0.1", "es")
    assert "Chrome" in opened["userAgent"]
    back = f"{BACK}?linkSession={session.pk}&state=completed"
    assert way.page.get_attribute("a.button", "href") == back
    news = told(receiver)["link_session.completed"]
    assert (news["id"], news["state"], news["enrollmentId"]) == (str(session.pk), "completed", str(enrollment.pk))


def test_the_serial_number_merges_under_another_id_too(maker, by_the_maker, walk):
    battery = maker.battery()
    enrollment = by_the_maker(manufacturer_device_id="another id", serial_number=f" {battery['serial_number'].lower()}")
    walk().begin().to_maker().decide().choose(battery["serial_number"]).live_at().join("Peak Saver").agree().done()
    assert Enrollment.objects.get().pk == enrollment.pk
    assert Enrollment.objects.get().method == "hybrid"


def test_whoever_does_not_know_the_address_links_nothing(maker, by_the_maker, walk, look):
    """Such as who bought the device used: the maker's address is not shown, and may not be guessed for long."""
    battery, enrollment = maker.battery(), by_the_maker()
    way = walk().begin().to_maker().decide().choose(battery["serial_number"])
    assert way.page.input_value("[name=street_one]") == ""
    for _ in range(3):
        way.live_at({**grid.MATCHED, "streetOne": "1 Elsewhere St"})
    way.page.wait_for_selector("h1:has-text('The address is not the one we were given')")
    look(way.page, "link-fails-other-address")
    assert Enrollment.objects.get().method == "oem"
    assert Connection.objects.get().status == "revoked"
    assert enrollment.consents.count() == 1


def test_looking_changes_nothing_and_going_on_binds_it_to_one_browser(maker, by_the_maker, sent, people, look):
    address, session = sent(by_the_maker())
    first, second = people(), people()
    for page in (first, second):
        page.goto(address)
        session.refresh_from_db()
        assert (session.state, session.browser_digest) == ("created", None)
    first.click("main form button")
    first.wait_for_url("**/maker/")
    second.click("main form button")
    second.wait_for_selector("h1:has-text('This page is open elsewhere')")
    look(second, "link-fails-other-browser")
    second.goto(first.url)
    second.wait_for_selector("h1:has-text('There is nothing here')")
    look(second, "link-fails-not-here")
    session.refresh_from_db()
    assert session.state == "opened"


def test_another_device_than_the_partners_is_not_linked(maker, by_the_maker, sent, walk, look):
    others = maker.devices("resident-2") or maker.devices("resident-3")
    address, _ = sent(by_the_maker())
    way = walk()
    way.page.goto(address)
    way.page.click("main form button")
    way.to_maker().decide(account=others[0]["account"])
    way.page.wait_for_selector("h1:has-text('The device is not in this account')")
    look(way.page, "link-fails-not-the-device")
    assert Connection.objects.get().status == "revoked"


def test_a_device_that_is_not_enrolled_yet_becomes_the_partners_customers(maker, sent, walk):
    battery = maker.battery()
    address, _ = sent(device_id=battery["device_id"], customer_reference="cust-81")
    way = walk()
    way.page.goto(address)
    way.page.click("main form button")
    way.to_maker().decide().choose(battery["serial_number"]).live_at().join("Peak Saver").agree().done()
    assert Enrollment.objects.get().customer.reference_id == "cust-81"
    assert way.page.locator("text=Back to").count() == 0


def test_a_redirect_goes_only_where_the_partner_still_wants_it(maker, by_the_maker, sent, walk):
    address, _ = sent(by_the_maker(), redirect_url=BACK)
    maker.partner.redirect_urls = []
    maker.partner.save()
    way = walk()
    way.page.goto(address)
    way.page.click("main form button")
    way.page.get_by_role("button", name="Leave without linking").click()
    way.page.wait_for_selector("h1:has-text('You left')")
    assert BACK not in way.page.content()
    assert LinkSession.objects.get().state == "exited"
