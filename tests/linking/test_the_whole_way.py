"""The whole way of an end user, on a phone and at a desk, in English and in Spanish."""

import pytest

from devices.models import Connection
from enrollments.models import Consent, Enrollment, LinkSession

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
    consent = Consent.objects.get()
    assert (consent.path, consent.terms_version, consent.source) == ("oauth", f"standard-1.{language}", "web_portal")
    connection = Connection.objects.get()
    assert (connection.status, connection.is_provisional) == ("active", False)
    assert connection.customer == enrollment.customer
    assert enrollment.device.connection == connection
    session = LinkSession.objects.get()
    assert (session.state, session.sealed_notes, session.linked) == ("completed", None, [enrollment.pk])
