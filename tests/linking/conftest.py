"""End users in a real browser, at the served portal and at the simulated maker's cloud. Screenshots are kept."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings

from devices.models import Cloud
from enrollments.claims import SiteClaim
from enrollments.linking import sessions
from enrollments.linking.asked import Asked
from enrollments.linking.presentation import path_of
from enrollments.matching import find
from partners.models import Partner
from partners.webhooks import endpoints
from partners.webhooks.delivery import deliver_due
from programs.models import Program
from territories.addresses import Address
from tests.chromium import launched
from tests.contract import grid
from tests.contract.conftest import _import_grid
from tests.factories import PartnerFactory, consent_claim, device_claim, enrolled, linkable_cloud
from tests.sandbox.running import RunningCloud, running_cloud
from tests.waiting import ON_A_PAGE
from tests.webhooks.receiver import receiving
from texture_portal import actors, clock

WIDTHS = {"phone": (360, 740), "desk": (1440, 900)}
GENEROUS = "metadata=1000/s,telemetry=1000/s,control=1000/s,historical=1000/s,token=1000/s"
PASSWORD = "sandbox"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="package")
def running():
    with running_cloud(devices=24, rate_limits=GENEROUS, push_seconds=3600) as cloud:
        yield cloud


@pytest.fixture(scope="package")
def browser():
    with launched(to_see="the linking pages") as opened:
        yield opened


@dataclass
class Maker:
    """The simulated cloud as the portal knows it, and whose partner's it is."""

    sandbox: RunningCloud
    partner: Partner
    cloud: Cloud

    def devices(self, account="resident-1"):
        listed = self.sandbox.everything("/v1/devices")
        return [each for each in listed if each["account"] == account]

    def battery(self, account="resident-1"):
        return next(each for each in self.devices(account) if each["type"] == "battery")


@pytest.fixture
def maker(running, settings, transactional_db, tmp_path):
    """With the contract's grid around it, so that every outcome of matching has its address."""
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    _import_grid(tmp_path)
    partner = PartnerFactory(name="Acme Energy", redirect_urls=["http://127.0.0.1:9/linked"])
    told = running.told["client"]
    cloud = linkable_cloud(partner, running.url, client_id=told["id"], secret=told["secret"])
    yield Maker(running, partner, cloud)
    running.control("DELETE", "faults")


@pytest.fixture
def program(maker):
    return Program.objects.get(name="Peak Saver")


@pytest.fixture(params=WIDTHS)
def width(request):
    return request.param


@pytest.fixture
def people(browser, live_server):
    """`people()`: a page of another person's browser; `width` and `language` are that browser's."""
    contexts = []

    def another(*, width="phone", language="en-US", scheme="light"):
        wide, high = WIDTHS[width]
        context = browser.new_context(
            viewport={"width": wide, "height": high}, base_url=live_server.url, locale=language, color_scheme=scheme
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(ON_A_PAGE * 1000)
        page.width_name = width
        return page

    yield another
    for context in contexts:
        context.close()


@pytest.fixture
def look():
    """Keeps screenshots at both widths, and holds that nothing sticks out, that axe finds nothing, and no script."""

    def see(page, name):
        _look(page, name)
        other = "desk" if page.width_name == "phone" else "phone"
        _resize(page, other)
        _keep(page, name, other)
        _resize(page, page.width_name)

    return see


def _look(page, name):
    page.wait_for_load_state("load")
    _keep(page, name, page.width_name)
    found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    assert found.violations_count == 0, f"{name}: {found.generate_report()}"
    assert page.locator("script").count() == 0


def _keep(page, name, width):
    folder = django_settings.PORTAL_HOME / "artefacts"
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} is too wide"


def _resize(page, width):
    wide, high = WIDTHS[width]
    page.set_viewport_size({"width": wide, "height": high})


class Way:
    """One person's way through the pages, by what stands on them."""

    def __init__(self, page, look=None, prefix="link"):
        self.page, self._look, self._prefix = page, look, prefix

    def see(self, name):
        if self._look is not None:
            self._look(self.page, f"{self._prefix}-{name}")
        return self

    def begin(self, address="/link/"):
        self.page.goto(address)
        self.see("0-begin")
        self.page.click("main form button")
        return self

    def to_maker(self):
        self.see("1-maker")
        self.page.click("button[name=cloud]")
        self.page.wait_for_url("**/oauth/authorize**")
        return self

    def decide(self, decision="allow", account="resident-1"):
        self.page.fill("[name=account]", account)
        self.page.fill("[name=password]", PASSWORD)
        self.page.click(f"button[value={decision}]")
        self.page.wait_for_url("**/link/**")
        return self

    def choose(self, *serial_numbers):
        self.see("2-devices")
        for box in self.page.locator("[name=device]").all():
            label = box.locator("xpath=following-sibling::label").inner_text()
            box.set_checked(any(serial in label for serial in serial_numbers))
        self.page.click("main button.button")
        return self

    def live_at(self, place=grid.MATCHED):
        for name, value in (
            ("street_one", place["streetOne"]), ("city", place["city"]), ("postal_code", place["postalCode"]),
        ):  # fmt: skip
            self.page.fill(f"[name={name}]", value)
        self.page.select_option("[name=state]", place["state"])
        self.see("3-address")
        self.page.click("main button.button")
        return self

    def join(self, *names):
        self.page.wait_for_url("**/programs/")
        for name in names:
            self.page.locator(".choice", has_text=name).locator("input").check()
        self.see("4-programs")
        self.page.click("main button.button")
        return self

    def agree(self, email=""):
        self.page.wait_for_url("**/terms/")
        if email:
            self.page.fill("[name=email]", email)
        self.page.check("[name=agree]")
        self.see("5-terms")
        self.page.click("main button.button")
        return self

    def done(self):
        self.page.wait_for_url("**/done/")
        return self.see("6-done")


@pytest.fixture
def walk(people):
    """`walk()`: the way of a person who begins at the public link."""

    def another(*, keeping="", **how):
        return Way(people(**how), _look if keeping else None, keeping)

    return another


@pytest.fixture
def by_the_maker(maker):
    """The maker itself has enrolled the account's battery, at the grid's address."""

    def enroll(battery=None, **changes):
        battery, now = battery or maker.battery(), clock.now()
        place = grid.MATCHED
        address = Address(place["streetOne"], "", place["city"], place["state"], place["postalCode"])
        device = {
            "manufacturer_device_id": battery["device_id"], "serial_number": battery["serial_number"],
            "manufacturer": battery["manufacturer"], "type": battery["type"], "commands": (),
        }  # fmt: skip
        return enrolled(
            partner=maker.partner,
            device=device_claim(**device | changes),
            finding=find(SiteClaim(address), pointer="/site/address"),
            consent=consent_claim(granted_at=now - timedelta(hours=1), program_types=("virtual_power_plant",)),
            now=now,
        )

    return enroll


@pytest.fixture
def sent(maker, live_server):
    """`sent(enrollment)`: the address that the partner's customer is sent to, and its session."""

    def make(enrollment=None, **asked):
        asked = {"enrollment_id": enrollment.pk} | asked if enrollment is not None else asked
        session = sessions.make(maker.partner, Asked(**asked), now=clock.now())
        return path_of(session), session

    return make


@pytest.fixture
def receiver(maker):
    """The partner's, told of everything."""
    with receiving() as made:
        endpoints.add(maker.partner, url=made.url, event_types=["*"], now=clock.now(), by=actors.system("tests"))
        maker.partner.refresh_from_db()
        yield made


def told(receiver):
    """What it was told, by type."""
    deliver_due(now=clock.now())
    return {each.document["type"]: each.document["data"] for each in receiver.received}
