"""Clouds, connections and portfolios, at the width of a desk and of a phone."""

from datetime import timedelta

import pytest
from django.urls import reverse

from devices.connections import ending, programmatic, reach, renewal
from devices.models import Cloud, Connection, Device, Portfolio
from devices.portfolios import membership, revoking
from tests.factories import CustomerFactory, DeviceFactory, PartnerFactory
from texture_portal import actors, clock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BY = actors.system("tests")


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


def test_a_cloud_and_its_connections(sign_in, keep, cloud, connection):
    now = clock.now()
    programmatic.connect_by_client_credentials(
        cloud, grantor="program", name="Golden Bay summer savings", client_id="golden-bay", client_secret="s", now=now,
        by=BY,
    )  # fmt: skip
    refused = programmatic.connect_by_api_key(cloud, grantor="fleet", name="Rooftop fleet", key="k", now=now, by=BY)
    renewal.break_off(refused, "key_refused", now=now)
    page = sign_in("Partner manager")
    for name, address in {
        "clouds": "/admin/devices/cloud/", "cloud": page_of(cloud), "cloud-add": "/admin/devices/cloud/add/",
        "connections": "/admin/devices/connection/", "connection": page_of(connection),
        "connection-broken": page_of(refused),
    }.items():  # fmt: skip
        page.goto(address)
        keep(page, name)
    form = page.locator("#replace-secret-form")
    form.locator("xpath=preceding-sibling::summary").click()
    form.locator("[name=secret]").fill("the new key")
    form.locator("[name=reason]").fill("The old one leaked.")
    form.locator("button[type=submit]").click()
    page.wait_for_load_state()
    assert "The new secret is sealed" in page.content()
    assert "the new key" not in page.content()
    assert Connection.objects.get(pk=refused.pk).status == "active"
    ending.revoke(connection, reason="The customer moved away.", now=now, by=BY)
    page.goto(page_of(connection))
    keep(page, "connection-revoked")
    assert "cloud not told yet" in page.content()


def test_a_portfolio(sign_in, keep, connection):
    portfolio = Portfolio.objects.create(name="Golden Bay summer savings", kind="program", reference="GBP-2026")
    membership.add(portfolio, Device.objects.all(), reason="its season", now=clock.now(), by=BY)
    page = sign_in("Program staff")
    page.goto("/admin/devices/portfolio/")
    keep(page, "portfolios")
    page.goto(page_of(portfolio))
    keep(page, "portfolio")
    form = page.locator("#revoke-access-form")
    form.locator("xpath=preceding-sibling::summary").click()
    keep(page, "portfolio-revoking")
    form.locator("[name=reason]").fill("The season ended.")
    form.locator("button[type=submit]").click()
    page.wait_for_load_state()
    while revoking.work_off(now=clock.now()):
        pass
    page.goto(page_of(portfolio))
    keep(page, "portfolio-revoked")
    assert "The season ended." in page.content()
    assert Connection.objects.get().status == "revoked"
