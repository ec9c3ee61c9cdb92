"""Native: commands by MQTT to the device, through a real broker; its own words bring them to their end."""

import json
import threading
from datetime import timedelta

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from devices.commands import tasks
from devices.commands.cancelling import cancel
from devices.commands.sending import publishing
from devices.commands.tasks import work_off
from devices.connectors.native.messages import Message, take
from devices.models import Cloud
from tests.commands.conftest import BY, again, at_rest, batteries, issued, order
from tests.devices.telemetry.test_mqtt import broker
from tests.waiting import PATIENCE, wait_for
from texture_portal import clock
from texture_portal.clock import to_wire

__all__ = ["broker"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_worker_waits_for_more(monkeypatch):
    monkeypatch.setattr(tasks, "PATIENCE", 0.0)


@pytest.fixture
def battery(transactional_db):
    [made] = batteries(1)
    Cloud.objects.create(partner=made.partner, name="Own", base_url="https://own.example", connector="native")
    return made


@pytest.fixture
def device(broker, battery, settings):
    """What the device hears."""
    settings.MQTT_URL = f"mqtt://127.0.0.1:{broker.port}"
    heard, ready = [], threading.Event()
    client = Client(CallbackAPIVersion.VERSION2)
    client.on_subscribe = lambda *_: ready.set()
    client.on_message = lambda _, __, message: heard.append(json.loads(message.payload))
    client.connect("127.0.0.1", broker.port)
    client.subscribe(f"portal/v1/{battery.partner_id}/devices/{battery.manufacturer_device_id}/commands", qos=1)
    client.loop_start()
    assert ready.wait(PATIENCE)
    yield heard
    client.disconnect()
    client.loop_stop()


def tells(battery, command, status) -> None:
    topic = f"portal/v1/{battery.partner_id}/devices/{battery.manufacturer_device_id}/commands/{command.pk}/status"
    said = {"status": status, "occurredAt": to_wire(clock.now())}
    take([Message(topic, json.dumps(said).encode())], now=clock.now())


def test_a_command_reaches_the_device_and_the_device_ends_it(battery, device):
    [command] = issued(order(battery))
    assert command.way == "native"
    work_off(now=clock.now())
    wait_for(lambda: device, "the command")
    assert (device[0]["id"], device[0]["command"]) == (str(command.pk), "battery:set-power")
    assert again(command).attempts.get().outcome == "ok"
    tells(battery, command, "accepted")
    tells(battery, command, "complete")
    assert again(command).status == "complete"


def test_a_cancelled_command_is_called_off(battery, device):
    [command] = issued(order(battery))
    work_off(now=clock.now())
    cancel([command], reason="consent_revoked", now=clock.now(), by=BY)
    work_off(now=clock.now())
    wait_for(lambda: len(device) == 2, "both")
    assert [each["status"] for each in device] == ["pending", "cancelled"]


def test_one_that_is_called_off_while_it_goes_out_is_called_off_at_the_device_too(battery, device, monkeypatch):
    [command] = issued(order(battery))
    publish = publishing._publish

    def meanwhile(commands):
        cancel([command], reason="consent_revoked", now=clock.now(), by=BY)
        return publish(commands)

    with monkeypatch.context() as patched:
        patched.setattr(publishing, "_publish", meanwhile)
        publishing.publish_due(now=clock.now())
    assert (again(command).status, again(command).step) == ("cancelled", "cancel")
    publishing.publish_due(now=clock.now())
    wait_for(lambda: len(device) == 2, "both")
    assert device[-1]["status"] == "cancelled"


def test_a_broker_that_is_away_leaves_it_to_be_tried_again(battery, settings):
    settings.MQTT_URL = "mqtt://127.0.0.1:9"
    [command] = issued(order(battery))
    work_off(now=clock.now())
    assert (again(command).status, again(command).step) == ("pending", "send")
    assert again(command).attempts.get().outcome == "not_reached"


def test_what_did_not_reach_the_broker_is_not_tried_again_once_orders_stop(battery, settings):
    settings.MQTT_URL = "mqtt://127.0.0.1:9"
    [command] = issued(order(battery))
    work_off(now=clock.now())
    at_rest(battery)
    work_off(now=clock.now() + timedelta(seconds=10))
    assert (again(command).status, again(command).error_code) == ("cancelled", "orders_stopped")
    assert again(command).attempts.filter(step="send").count() == 1


def test_nobody_tells_of_another_devices_command(battery):
    [command] = issued(order(battery))
    [other] = batteries(1)
    tells(other, command, "complete")
    assert again(command).status == "pending"
