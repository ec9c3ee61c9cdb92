"""Every step that can fail has a page that says what happened and what to do, and leaves nothing half-done behind."""

from datetime import timedelta

import pytest

from devices.connections import ending
from devices.models import Connection, Device
from enrollments.linking import sessions
from enrollments.models import Consent, Enrollment, LinkSession
from partners.models import Customer
from programs.models import Program
from tests.contract import grid
from tests.factories import PartnerFactory, device_claim, enrolled, linkable_cloud
from texture_portal import clock

pytestmark = pytest.mark.browser

NOBODY = "portal:linking:"


@pytest.fixture
def arrived(maker, walk):
    """On the maker's page, to say yes or no."""
    return lambda **how: walk(**how).begin().to_maker()


@pytest.fixture
def at_address(maker, arrived):
    return lambda **how: arrived(**how).decide().choose(maker.battery()["serial_number"])


@pytest.fixture
def shown(look):
    """The page that says so, and how it looks."""

    def see(way, title, name):
        way.page.wait_for_selector(f"h1:has-text('{title}')")
        look(way.page, f"link-fails-{name}")

    return see


def nothing_stays(sandbox):
    """Neither here, but for the record that access was given back, nor at the maker."""
    assert not Enrollment.objects.exists()
    assert not Consent.objects.exists()
    assert not Device.objects.exists()
    assert not Customer.objects.exclude(reference_id__startswith=NOBODY).exists()
    assert LinkSession.objects.exclude(sealed_notes=None).count() == 0
    ending.end_due(now=clock.now())
    for connection in Connection.objects.all():
        assert (connection.status, connection.ending) == ("revoked", "ended")
        assert connection.sealed_access_token is None


def test_denied(maker, arrived, shown):
    way = arrived().decide("deny")
    shown(way, "You said no", "denied")
    nothing_stays(maker.sandbox)
    way.page.get_by_role("link", name="Try again").click()
    way.to_maker().decide().page.wait_for_url("**/devices/")


def test_the_makers_page_was_answered_too_late(maker, arrived, shown):
    way = arrived()
    request = LinkSession.objects.get().grant_request
    request.expires_at = clock.now() - timedelta(seconds=1)
    request.save()
    shown(way.decide(), "Your time was up", "too-late")
    nothing_stays(maker.sandbox)


def test_the_hour_is_up(maker, at_address, shown):
    way = at_address()
    LinkSession.objects.update(expires_at=clock.now())
    way.page.reload()
    shown(way, "This visit has ended", "expired")
    sessions.work_off(now=clock.now())
    assert LinkSession.objects.get().state == "expired"
    nothing_stays(maker.sandbox)


def test_no_devices(maker, arrived, shown):
    maker.sandbox.fault("vanished", share=1)
    shown(arrived().decide(), "We found no devices", "no-devices")
    nothing_stays(maker.sandbox)


@pytest.mark.parametrize("fault", [{"kind": "unavailable", "category": "token"}, {"kind": "server_error", "share": 1}])
def test_the_maker_is_down(maker, arrived, shown, fault):
    way = arrived()
    kind = fault.pop("kind")
    maker.sandbox.fault(kind, **fault)
    shown(way.decide(), "service does not answer", f"down-{kind}")
    maker.sandbox.control("DELETE", "faults")
    nothing_stays(maker.sandbox)


def test_the_cloud_is_paused(maker, walk, shown):
    maker.cloud.state, maker.cloud.state_reason = "paused", "maintenance"
    maker.cloud.save()
    way = walk().begin()
    way.page.click("button[name=cloud]")
    shown(way, "service does not answer", "paused")
    nothing_stays(maker.sandbox)


def test_an_address_that_nobody_finds_is_corrected(maker, at_address, look):
    way = at_address().live_at(grid.NO_SUCH_ZIP)
    way.page.wait_for_selector("[role=alert]")
    assert "We cannot find this address" in way.page.inner_text("[role=alert]")
    look(way.page, "link-fails-address")
    way.live_at().page.wait_for_url("**/programs/")


def test_no_match(maker, at_address, shown):
    shown(at_address().live_at(grid.OUTSIDE), "There is no program at this address", "no-match")
    nothing_stays(maker.sandbox)


def test_ineligible(maker, at_address, shown):
    shown(at_address().live_at(grid.PARTIAL), "No program takes this device yet", "ineligible")
    nothing_stays(maker.sandbox)


def test_enrolled_elsewhere(maker, arrived, shown):
    other = PartnerFactory()
    for each in maker.devices():
        enrolled(
            partner=other,
            device=device_claim(
                manufacturer=each["manufacturer"], serial_number=each["serial_number"].lower(), type=each["type"],
                commands=(),
            ),
        )  # fmt: skip
    before = Enrollment.objects.count()
    way = arrived().decide()
    shown(way, "This device is enrolled elsewhere", "elsewhere")
    assert other.name not in way.page.content()
    assert Enrollment.objects.count() == before


def test_all_is_linked_already(maker, program, walk, shown):
    serial_numbers = [each["serial_number"] for each in maker.devices()]
    Program.objects.filter(pk=program.pk).update(
        device_types=["battery", "inverter", "charger", "vehicle", "thermostat"]
    )
    walk().begin().to_maker().decide().choose(*serial_numbers).live_at().join("Peak Saver").agree().done()
    assert Enrollment.objects.count() == len(serial_numbers)
    again = walk().begin().to_maker().decide()
    shown(again, "This is linked already", "already-linked")
    assert Connection.objects.filter(status="active").count() == 1


def test_a_program_that_is_not_open_is_said_to_be_so(maker, walk, look):
    way = walk()
    way.page.goto("/link/?program=no-such-program")
    assert "is not open now" in way.page.inner_text("main")
    look(way.page, "link-fails-no-such-program")


def test_nobody_to_link_with(maker, walk, shown):
    maker.cloud.document = {}
    maker.cloud.save()
    way = walk()
    way.page.goto("/link/")
    shown(way, "There is nobody to link with yet", "no-makers")


def test_the_end_user_leaves(maker, at_address, shown):
    way = at_address()
    way.page.get_by_role("button", name="Leave without linking").click()
    shown(way, "You left", "left")
    assert LinkSession.objects.get().state == "exited"
    nothing_stays(maker.sandbox)


def test_the_devices_of_two_customers_are_linked_one_by_one(maker, arrived, shown):
    chosen = maker.devices()[:2]
    for each in chosen:
        enrolled(
            partner=maker.partner,
            device=device_claim(
                manufacturer_device_id=each["device_id"], serial_number=each["serial_number"], type=each["type"],
                manufacturer=each["manufacturer"], commands=(),
            ),
        )  # fmt: skip
    way = arrived().decide().choose(*(each["serial_number"] for each in chosen)).live_at()
    shown(way, "These devices belong to different customers", "several-customers")


def test_what_is_missing_is_said_beside_it(maker, at_address, look):
    way = at_address()
    way.page.click("main button.button")
    way.page.wait_for_selector("#id_city_fault")
    assert way.page.get_attribute("#id_city", "aria-invalid") == "true"
    look(way.page, "link-fails-missing")


def test_agreeing_takes_a_tick(maker, at_address, look):
    way = at_address().live_at().join("Peak Saver")
    way.page.wait_for_url("**/terms/")
    way.page.click("main button.button")
    way.page.wait_for_selector("[role=alert]")
    look(way.page, "link-fails-no-tick")
    assert not Consent.objects.exists()


@pytest.mark.parametrize(("place", "outcome"), [(grid.AMBIGUOUS, "ambiguous"), (grid.MATCHED, "deferred")])
def test_what_is_open_is_said_openly(maker, at_address, look, settings, place, outcome):
    way = at_address()
    if outcome == "deferred":
        settings.GEOCODERS, settings.CENSUS_GEOCODER_URL = ["census"], "http://127.0.0.1:9/geocoder"
    way.live_at(place)
    way.page.wait_for_url("**/programs/")
    look(way.page, f"link-open-{outcome}")
    way.join("Peak days").agree().done()
    look(way.page, f"link-open-{outcome}-done")
    enrollment = Enrollment.objects.get()
    assert (enrollment.match_outcome, enrollment.method) == (outcome, "oauth")
    assert enrollment.consents.get().program_types == ["demand_response"]


def test_a_maker_whose_document_is_wrong_is_ours_to_mend(maker, arrived, shown):
    maker.cloud.document = {**maker.cloud.document, "calls": {}}
    maker.cloud.save()
    shown(arrived().decide(), "This does not work at the moment", "not-set-up")
    nothing_stays(maker.sandbox)


def test_the_partner_was_suspended_on_the_way(maker, at_address, shown):
    way = at_address().live_at().join("Peak Saver")
    way.page.wait_for_url("**/terms/")
    maker.partner.status = "suspended"
    maker.partner.save()
    shown(way.agree(), "This does not work at the moment", "suspended")
    nothing_stays(maker.sandbox)


def test_another_maker_that_cannot_be_linked_is_not_offered(maker, walk):
    linkable_cloud(PartnerFactory(), name="Elsewhere Energy", document={})
    linkable_cloud(PartnerFactory(), name="Other Energy")
    page = walk().begin().page
    assert page.locator("button[name=cloud]").all_inner_texts() == ["Other Energy\n→", "Simulated Energy\n→"]
