"""Partners' clouds to poll: the simulated one as a process of its own, reached by an API key."""

import pytest

from devices.connections.programmatic import connect_by_api_key
from devices.connectors.pull import shipped
from devices.models import Cloud, Connection, DiscoveredDevice
from tests.factories import CustomerFactory, DeviceFactory, PartnerFactory, SiteFactory
from tests.sandbox.running import running_cloud
from texture_portal import actors, clock

GENEROUS = "metadata=1000/s,telemetry=1000/s,control=1000/s,historical=1000/s,token=1000/s"
BY = actors.system("tests", channel=actors.Channel.COMMAND)


@pytest.fixture(scope="session")
def running():
    with running_cloud(devices=24, rate_limits=GENEROUS) as cloud:
        yield cloud


@pytest.fixture
def oem(running):
    """The simulated cloud, put right after each test."""
    yield running
    running.control("DELETE", "faults")
    running.control("POST", "limits", {"limits": GENEROUS})


@pytest.fixture
def partner(transactional_db, settings):
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    return PartnerFactory()


def simulated_document(*, bulk=True, **changes):
    document = {**shipped.document("simulated"), **changes}
    if not bulk:
        del document["common"]["state"]["bulk"]
    return document


def cloud_of(partner, url, *, name="Simulated", document=None, rate_limits=None, key="none"):
    """Connected by an API key."""
    cloud = Cloud.objects.create(
        partner=partner,
        name=name,
        base_url=url,
        document=document or simulated_document(),
        rate_limits={"metadata": "900/s:900", "telemetry": "900/s:900", "historical": "900/s:900"}
        if rate_limits is None
        else rate_limits,
    )
    connect_by_api_key(cloud, grantor=Connection.Grantor.FLEET, key=key, now=clock.now(), by=BY)
    return cloud


def enroll_listed(cloud, *, but=()):
    """Every device that the cloud lists becomes one of the partner's, as an enrollment would make it."""
    customer = CustomerFactory(partner=cloud.partner)
    site = SiteFactory(customer_id=customer.pk)
    listed = DiscoveredDevice.objects.filter(connection__cloud=cloud).exclude(manufacturer_device_id__in=but)
    known = set(cloud.partner.devices.values_list("manufacturer_device_id", flat=True))
    return [
        DeviceFactory(
            partner=cloud.partner,
            customer=customer,
            site=site,
            type=row.type,
            manufacturer_device_id=row.manufacturer_device_id,
            serial_number=row.serial_number,
        )
        for row in listed
        if row.manufacturer_device_id not in known
    ]
