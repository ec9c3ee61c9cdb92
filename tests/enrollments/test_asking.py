"""A cloud is asked about devices of live enrollments only."""

import pytest

from devices.models import DiscoveredDevice
from devices.polling.known import known_of, link_enrolled
from enrollments import asking, lifecycle
from tests.factories import active
from tests.polling.conftest import cloud_of
from texture_portal import actors, clock

TESTS = actors.system("tests")


@pytest.fixture
def enrollment(db):
    return active()


@pytest.fixture
def listed(enrollment):
    device = enrollment.device
    cloud = cloud_of(device.partner, "http://127.0.0.1:9")
    grant = cloud.connections.get()
    poll = grant.polls.create(cloud=cloud, kind="bulk", key="k")
    return DiscoveredDevice.objects.create(
        connection=grant, manufacturer_device_id=device.manufacturer_device_id, type=device.type, entry=0, poll=poll,
        first_listed_at=clock.now(), last_listed_at=clock.now(),
    )  # fmt: skip


def asked(listed):
    link_enrolled(now=clock.now())
    asking.follow(now=clock.now())
    return [each.id for each in known_of([listed.poll])[listed.poll_id]]


def test_a_device_is_asked_about_until_it_is_decommissioned(enrollment, listed):
    assert asked(listed) == [enrollment.device.manufacturer_device_id]
    lifecycle.revoke(enrollment, reason="decommissioned", now=clock.now(), by=TESTS)
    assert asked(listed) == []


def test_not_after_the_customer_opted_out(enrollment, listed):
    now = clock.now()
    lifecycle.revoke_consent(enrollment, revoked_at=now, source="device_app", now=now, by=TESTS)
    assert asked(listed) == []
