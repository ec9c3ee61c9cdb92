"""Clouds, connections and portfolios, at the width of a desk and of a phone."""

from datetime import timedelta

import pytest
from django.urls import reverse

from devices.connections import programmatic, reach, renewal
from devices.models import Cloud, Connection, Portfolio
from devices.portfolios import revoking
from tests.browser.test_console import carry_out
from tests.factories import CustomerFactory, DeviceFactory, PartnerFactory, active
from texture_portal import actors, clock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BY = actors.system("tests")
SECRET = "a secret that is on no page"


def page_of(row):
    return reverse(f"admin:devices_{row._meta.model_name}_change", args=(row.pk,))


@pytest.fixture
def cloud():
    made = Cloud(
        partner=PartnerFactory(), name="Sunny Cloud", base_url="https://api.sunny-cloud.example/v1",
        issuer="https://auth.sunny-cloud.example", authorize_url="https://auth.sunny-cloud.example/oauth/authorize",
        token_url="https://auth.sunny-cloud.example/oauth/token", client_id="texture-portal",
        revoke_url="https://auth.sunny-cloud.example/oauth/revoke",
        scopes=["devices.read", "telemetry.read", "commands.write", "offline_access"],
    )  # fmt: skip
    made.set_client_secret("a secret for tests only")
    made.save()
    return made


@pytest.fixture
def connection(cloud):
    now = clock.now()
    made = Connection(
        cloud=cloud, grantor="end_user", way="authorization_code", granted_at=now - timedelta(days=41),
        customer=CustomerFactory(partner=cloud.partner, reference_id="cust-81"), scopes=cloud.scopes, generation=984,
        renewed_at=now - timedelta(minutes=18), expires_at=now + timedelta(minutes=42),
    )  # fmt: skip
    made.set_secret("sealed_access_token", "an access token for tests only")
    made.set_secret("sealed_refresh_token", "a refresh token for tests only")
    made.save()
    reach.attach(made, [DeviceFactory(customer=made.customer) for _ in range(3)])
    return made


def opened(page, verb):
    """The verb's form, unfolded as a hand would."""
    form = page.locator(f"#{verb}-form")
    if not form.is_visible():
        form.locator("xpath=preceding-sibling::summary").click()
    return form


def on_record(row):
    newest = row.history.first()
    return newest.history_change_reason, newest.history_user_id


@pytest.mark.performs(
    "devices.cloud:add", "devices.cloud:change", "devices.cloud:history", "devices.cloud:simple_history",
    "devices.cloud:set-secret", "devices.cloud:connect-client", "devices.cloud:connect-key",
)  # fmt: skip
def test_a_cloud_is_set_up_and_connected_to(sign_in, keep):
    partner = PartnerFactory()
    page = sign_in("Partner manager")
    page.goto("/admin/devices/cloud/add/")
    keep(page, "cloud-add")
    page.select_option("[name=partner]", str(partner.pk))
    page.fill("[name=name]", "Sunny Cloud")
    page.fill("[name=base_url]", "https://api.sunny-cloud.example/v1")
    page.fill("[name=token_url]", "https://auth.sunny-cloud.example/oauth/token")
    page.locator("[name=_continue]").first.click()
    page.wait_for_load_state()
    cloud = Cloud.objects.get()
    page.fill("[name=client_id]", "texture-portal")
    page.locator("[name=_continue]").first.click()
    page.wait_for_load_state()
    assert Cloud.objects.get().client_id == "texture-portal"
    carry_out(page, "set-secret", secret=SECRET, reason="They sent it.")
    assert "The client secret is sealed." in page.content()
    assert on_record(cloud) == ("client secret set: They sent it. (staff partner-manager)", page.user.pk)
    opened(page, "connect-client").locator("[name=grantor]").select_option("program")
    carry_out(page, "connect-client", name="Golden Bay", client_id="golden-bay", secret=SECRET)
    opened(page, "connect-key").locator("[name=grantor]").select_option("fleet")
    carry_out(page, "connect-key", name="Rooftop fleet", secret=SECRET)
    assert "Rooftop fleet is connected." in page.content()
    keep(page, "cloud")
    ways = set(Connection.objects.values_list("name", "grantor", "way"))
    assert ways == {("Golden Bay", "program", "client_credentials"), ("Rooftop fleet", "fleet", "api_key")}
    page.goto("/admin/devices/cloud/")
    keep(page, "clouds")
    page.goto(reverse("admin:devices_cloud_history", args=(cloud.pk,)))
    keep(page, "cloud-history")
    page.goto(reverse("admin:devices_cloud_simple_history", args=(cloud.pk, cloud.history.earliest().pk)))
    keep(page, "cloud-version")
    assert SECRET not in page.content()


@pytest.mark.performs(
    "devices.connection:replace-secret", "devices.connection:try-again", "devices.connection:revoke",
    "devices.connection:tell-again",
)  # fmt: skip
def test_connections_are_mended_and_revoked(sign_in, keep, cloud, connection):
    refused = programmatic.connect_by_api_key(
        cloud, grantor="fleet", name="Rooftop fleet", key="k", now=clock.now(), by=BY
    )  # fmt: skip
    renewal.break_off(refused, "key_refused", now=clock.now())
    renewal.break_off(connection, "token_refused", now=clock.now())
    page = sign_in("Partner manager")
    page.goto("/admin/devices/connection/")
    keep(page, "connections")
    page.goto(page_of(refused))
    keep(page, "connection-broken")
    carry_out(page, "replace-secret", secret=SECRET, reason="The old one leaked.")
    assert "The new secret is sealed" in page.content()
    assert SECRET not in page.content()
    assert Connection.objects.get(pk=refused.pk).status == "active"
    page.goto(page_of(connection))
    carry_out(page, "try-again", reason="They mended it.")
    assert Connection.objects.get(pk=connection.pk).status == "active"
    keep(page, "connection")
    carry_out(page, "revoke", reason="The customer moved away.")
    keep(page, "connection-revoked")
    assert "being ended" in page.content().lower()
    said = "revoked: The customer moved away. (staff partner-manager)"
    assert on_record(connection) == (said, page.user.pk)
    carry_out(page, "tell-again")
    assert "A worker is asked to tell the cloud now." in page.content()


@pytest.mark.performs(
    "devices.portfolio:add", "devices.portfolio:change", "devices.portfolio:history",
    "devices.portfolio:simple_history", "devices.portfolio:add-devices", "devices.portfolio:remove-devices",
    "devices.portfolio:suspend", "devices.portfolio:reinstate", "devices.portfolio:revoke-access",
    "programs.program:gather",
)  # fmt: skip
def test_a_portfolio_is_filled_and_access_to_it_revoked(sign_in, keep, connection):
    enrollment = active()
    program = enrollment.device.participations.get().program
    page = sign_in("Program staff")
    page.goto("/admin/devices/portfolio/add/")
    page.fill("[name=name]", "Golden Bay")
    page.locator("[name=_continue]").first.click()
    page.wait_for_load_state()
    page.fill("[name=name]", "Golden Bay summer savings")
    page.locator("[name=_continue]").first.click()
    page.wait_for_load_state()
    portfolio = Portfolio.objects.get(name="Golden Bay summer savings")
    carry_out(page, "add-devices", account="cust-81", reason="Their season.")
    assert "3 devices added, 0 were in it already." in page.content()
    keep(page, "portfolio")
    carry_out(page, "remove-devices", devices=portfolio.devices.last().serial_number, reason="It moved.")
    assert "1 devices taken out." in page.content()
    page.goto(reverse("admin:programs_program_change", args=(program.pk,)))
    opened(page, "gather").locator("[name=portfolio]").select_option(str(portfolio.pk))
    keep(page, "program-gather")
    carry_out(page, "gather", reason="Its season.")
    assert "1 devices added to Golden Bay summer savings" in page.content()
    page.goto(page_of(portfolio))
    carry_out(page, "suspend", reason="The season is over.")
    assert "devices are at rest" in page.content()
    keep(page, "portfolio-suspended")
    carry_out(page, "reinstate", reason="The next one begins.")
    assert "What a suspension would stop" in page.content()
    carry_out(page, "revoke-access", reason="The season ended.")
    while revoking.work_off(now=clock.now()):
        pass
    page.goto(page_of(portfolio))
    keep(page, "portfolio-revoked")
    assert "The season ended." in page.content()
    asked = portfolio.revocations.get()
    assert (asked.devices_withdrawn, asked.asked_by) == (2, "staff program-staff")
    page.goto("/admin/devices/portfolio/")
    keep(page, "portfolios")
    page.goto(reverse("admin:devices_portfolio_history", args=(portfolio.pk,)))
    page.goto(reverse("admin:devices_portfolio_simple_history", args=(portfolio.pk, portfolio.history.earliest().pk)))
    assert page.get_by_role("button", name="Revert").count() == 0
