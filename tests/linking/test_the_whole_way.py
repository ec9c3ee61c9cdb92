"""The whole way of an end user, on a phone and at a desk, in English and in Spanish."""

import time

import pytest

from devices.models import Connection, DiscoveredDevice
from devices.polling.tasks import poll_due
from enrollments.models import Consent, Enrollment, LinkSession
from enrollments.tasks import answer_signs
from texture_portal import clock

pytestmark = pytest.mark.browser

LANGUAGES = {"en": "en-US", "es": "es-MX"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_visitor_links_a_battery_and_joins_a_program(maker, program, walk, width, language):
    battery = maker.battery()
    way = walk(keeping=f"link-{language}", width=width, language=LANGUAGES[language])
    way.begin(f"/link/?program={program.slug}").to_maker().decide().choose(battery["serial_number"])
    way.live_at().join("Peak Saver").agree("ana@example.org").done()
    assert way.page.locator("html").get_attribute("lang") == language
    enrollment = Enrollment.objects.get()
    assert (enrollment.method, enrollment.state) == ("oauth", "enrolled")
    assert enrollment.device.ratings["maxDischargePowerW"] == 1000 * battery["ratings"]["max_discharge_kw"]
    consent = Consent.objects.get()
    assert (consent.path, consent.terms_version, consent.source) == ("oauth", f"standard-1.{language}", "web_portal")
    connection = Connection.objects.get()
    assert (connection.status, connection.is_provisional) == ("active", False)
    assert connection.customer == enrollment.customer
    assert enrollment.device.connection == connection
    session = LinkSession.objects.get()
    assert (session.state, session.sealed_notes, session.linked) == ("completed", None, [enrollment.pk])


def test_the_device_is_polled_through_the_new_access_and_takes_part(maker, walk):
    way = walk().begin().to_maker().decide().choose(maker.battery()["serial_number"]).live_at()
    poll_due(now=clock.now())
    assert not DiscoveredDevice.objects.exists(), "before its user agreed, the access is only looked through"
    way.join("Peak Saver").agree().done()
    time.sleep(1)  # the cloud tells whole seconds, and what it saw before the user agreed begins nothing
    for _ in range(3):  # listed, taken up, asked
        poll_due(now=clock.now())
    answer_signs(now=clock.now())
    enrollment = Enrollment.objects.get()
    assert enrollment.device.last_reading_at is not None
    assert enrollment.state == "active"
    assert (enrollment.device.controllable, enrollment.device.may_control) == (True, True)
    assert "battery:set-reserve" in enrollment.device.commands


@pytest.mark.parametrize("address", ["/link/", "/account/", "/account/mailed/", "/link/problem/away/"])
def test_the_pages_are_right_in_the_dark_too(maker, people, look, address):
    page = people(scheme="dark")
    page.goto(address)
    look(page, f"dark-{address.strip('/').replace('/', '-')}")


def test_a_language_that_was_chosen_stays(maker, people):
    page = people(language="fr-FR")
    page.goto("/link/")
    assert page.get_attribute("html", "lang") == "en"
    page.click("text=Español")
    page.wait_for_selector("html[lang=es]", state="attached")
    assert page.get_attribute("html", "lang") == "es"
    page.goto("/account/")
    assert page.inner_text("h1") == "Mis dispositivos"
