"""Workers and clouds that are killed while commands go out: nobody acts twice, and everything comes to a true end."""

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.db import connection

from devices.commands.tasks import work_off
from devices.connections.programmatic import replace_secret
from devices.models import Command, CommandAttempt, Device, Standing
from partners.models import Partner, WebhookDelivery
from tests.commands.conftest import BY, batteries, issued, order
from tests.commands.test_pulling import call, cloud, fleet, idle
from tests.commands.test_pushing import saying
from tests.databases import url_of_database
from tests.polling.conftest import GENEROUS, partner
from tests.sandbox.running import running_cloud
from tests.waiting import wait_for
from tests.webhooks.conftest import deliver, endpoint_at, receiver
from texture_portal import clock

__all__ = ["cloud", "endpoint_at", "fleet", "partner", "receiver"]
pytestmark = pytest.mark.django_db(transaction=True)
DEVICES = 40


@pytest.fixture
def oem():
    """One whose memory ends with the test."""
    with running_cloud(devices=DEVICES, rate_limits=GENEROUS) as made:
        yield made


def worker(*calls: str) -> subprocess.Popen:
    """A process of its own that does this again and again, on the tests' database."""
    says = (
        "import django; django.setup()\n"
        "from devices.commands.sending.pulling.tasks import call_due\n"
        "from devices.commands.tasks import work_off\n"
        "from partners.webhooks.delivery import deliver_due\n"
        "from texture_portal import clock\n"
        "while True:\n" + "".join(f"    {each}(now=clock.now())\n" for each in calls)
    )
    return subprocess.Popen(
        [sys.executable, "-c", says],
        cwd=configured.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "texture_portal.settings",
            "DATABASE_URL": url_of_database(connection.settings_dict["NAME"]),
            "OUTBOUND_ALLOWED_HOSTS": "127.0.0.1",
        },
    )


def the_dead_workers_claims_are_over():
    Command.objects.filter(claimed_until__isnull=False).update(due_at=clock.now(), claimed_until=None)


def nothing_is_under_way(oem):
    """A dead worker's calls are still on their way there, which no other worker asks before the lease has ended: what
    came after them is answered after them."""
    for _ in range(2):  # two connections at most were cut off in mid-call
        oem.get(f"/v1/devices/{oem.device('battery')['device_id']}/commands")


def all_over(commands) -> bool:
    Standing.objects.all().delete()
    call()
    return not Command.objects.filter(pk__in=[each.pk for each in commands], deadline_at__isnull=False).exists()


def test_a_worker_that_is_killed_in_mid_sending_leaves_nothing_undone_and_nothing_done_twice(fleet, oem):
    oem.fault("latency", ms=400, category="control")
    process = worker("call_due")
    made = issued(*[idle(each) for each in fleet])
    wait_for(lambda: CommandAttempt.objects.exists())
    process.kill()  # while its calls are under way
    process.wait()
    assert Command.objects.filter(sent_at__isnull=False).exists()
    nothing_is_under_way(oem)
    oem.control("DELETE", "faults")
    the_dead_workers_claims_are_over()
    wait_for(lambda: all_over(made))
    assert set(Command.objects.values_list("status", flat=True)) == {"complete"}
    told = oem.control("GET", "counters")
    assert (told["commands"], told["command_repeats"]) == (len(made), 0)


def test_a_cloud_that_is_killed_in_mid_sending_is_asked_and_only_what_it_lacks_is_sent_again(fleet, oem, cloud):
    oem.fault("latency", ms=300, category="control")
    made = issued(*[idle(each) for each in fleet])
    process = worker("call_due")
    wait_for(lambda: Command.objects.filter(acknowledged_at__isnull=False).exists())
    oem.process.kill()
    with running_cloud(devices=DEVICES, rate_limits=GENEROUS) as again:
        cloud.base_url = again.url
        cloud.save()
        replace_secret(cloud.connections.get(), again.told["api_key"], now=clock.now(), by=BY, reason="a new key")
        process.kill()
        process.wait()
        nothing_is_under_way(again)
        the_dead_workers_claims_are_over()
        wait_for(lambda: all_over(made))
        told = again.control("GET", "counters")
    assert set(Command.objects.values_list("status", flat=True)) == {"complete"}
    assert told["command_repeats"] == 0
    assert told["commands"] <= len(made)


def test_killed_workers_tell_of_every_command_and_each_is_known_by_its_id(receiver, endpoint_at, settings):
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    there = receiver(saying())
    endpoint = endpoint_at(there.url)
    devices = batteries(60, partner=Partner.objects.get(pk=endpoint.partner_id))
    made = issued(*[order(each) for each in devices])
    for seen in (1, 20):
        process = worker("work_off", "deliver_due")
        wait_for(lambda seen=seen: len(there.received) >= seen)
        process.kill()
        process.wait()
        WebhookDelivery.objects.filter(state="pending").update(due_at=clock.now(), claimed_until=None)

    def acknowledged() -> bool:
        work_off(now=clock.now())
        deliver(after=timedelta(seconds=1))
        return not Command.objects.filter(acknowledged_at=None).exists()

    wait_for(acknowledged)
    keys: dict[str, set[str]] = {}
    for each in there.received:
        keys.setdefault(json.loads(each.body)["data"]["id"], set()).add(each.headers["webhook-id"])
    assert set(keys) == {str(each.pk) for each in made}
    assert {len(each) for each in keys.values()} == {1}
    assert Device.objects.count() == 60
