"""Readings by MQTT, through a real broker and the real command: at least once, and kept once."""

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from devices.models import Reading
from tests.factories import DeviceFactory
from tests.ports import free_port, listens
from tests.waiting import PATIENCE, wait_for
from texture_portal import clock
from texture_portal.clock import to_wire

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
pytestmark = pytest.mark.django_db(transaction=True)

if MOSQUITTO is None:
    pytest.skip("NOT TRIED: there is no mosquitto here (apt-get install mosquitto)", allow_module_level=True)


class Broker:
    """Mosquitto on a free port, with its sessions on disk, so that a killed one comes back with them."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.config = folder / "mosquitto.conf"
        self.config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
            f"persistence_location {folder}/\nautosave_interval 1\nautosave_on_changes true\n"
            "max_inflight_messages 500\nmax_queued_messages 0\n"
            + (f"user {os.environ.get('USER', 'root')}\n" if os.getuid() == 0 else "")
        )
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [MOSQUITTO, "-c", self.config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for(lambda: listens(self.port), "the broker")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)


@pytest.fixture
def broker(tmp_path):
    made = Broker(tmp_path)
    yield made
    made.stop()


@contextmanager
def ingesting(broker: Broker, *, log: Path):
    with standing_by(broker, log=log) as process:
        wait_for(lambda: b"Connected" in log.read_bytes(), f"the connection: {log.read_text()}")
        yield process


@contextmanager
def standing_by(broker: Broker, *, log: Path):
    head, _, tail = settings.DATABASE_URL.partition("?")
    database = f"{head.rpartition('/')[0]}/{connection.settings_dict['NAME']}" + (f"?{tail}" if tail else "")
    with open(log, "ab") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "ingest_mqtt"],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": database, "MQTT_URL": f"mqtt://127.0.0.1:{broker.port}"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


def publish(broker: Broker, messages: list[tuple[str, object]]) -> None:
    """Returns once the broker has them all: from then on they are not to be lost."""
    client = Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(500)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    for told in [client.publish(topic, json.dumps(said), qos=1) for topic, said in messages]:
        told.wait_for_publish(PATIENCE)
    client.disconnect()
    client.loop_stop()


def of_device(device, second: int) -> tuple[str, object]:
    at = to_wire(clock.now().replace(microsecond=second))
    topic = f"portal/v1/{device.partner_id}/devices/{device.manufacturer_device_id}/telemetry"
    return topic, {"observedAt": at, "state": {"chargeRate": second}}


@pytest.fixture
def device(db):
    return DeviceFactory()


def test_what_is_published_is_kept(broker, device, tmp_path):
    with ingesting(broker, log=tmp_path / "log") as process:
        reading = {
            "manufacturerDeviceId": device.manufacturer_device_id,
            "observedAt": to_wire(clock.now()),
            "state": {},
        }
        whole = f"portal/v1/{device.partner_id}/telemetry"
        publish(broker, [(whole, {"readings": [reading, {**reading, "state": {"typo": 1}}]}), (whole, "nonsense")])
        publish(broker, [("portal/v1/nobody/telemetry", {"readings": [reading]}), of_device(device, 7)])
        wait_for(lambda: Reading.objects.count() == 2, "two readings")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    log = (tmp_path / "log").read_text()
    assert "unknown_field" in log
    assert device.manufacturer_device_id not in log


def test_a_killed_portal_loses_nothing_and_keeps_nothing_twice(broker, device, tmp_path):
    with ingesting(broker, log=tmp_path / "log") as process:
        publish(broker, [of_device(device, second) for second in range(300)])
        process.kill()
        process.wait()
    publish(broker, [of_device(device, second) for second in range(300, 600)])  # while nobody listens
    with ingesting(broker, log=tmp_path / "log2"):
        wait_for(lambda: _rates() == set(range(600)), "600 readings")
    assert Reading.objects.count() == 600


def test_a_broker_that_is_stopped_loses_nothing_that_it_took(broker, device, tmp_path):
    with ingesting(broker, log=tmp_path / "log"):
        publish(broker, [of_device(device, second) for second in range(100)])
        broker.stop()
        broker.start()
        publish(broker, [of_device(device, second) for second in range(100, 200)])
        wait_for(lambda: _rates() == set(range(200)), "200 readings")
    assert Reading.objects.count() == 200


def test_a_broker_killed_mid_ingest_is_connected_to_again_and_nothing_taken_is_lost_or_twice(broker, device, tmp_path):
    """What the portal has acknowledged is kept; what the broker lost with its memory, its publisher sends again."""
    said = [of_device(device, second) for second in range(400)]
    with ingesting(broker, log=tmp_path / "log"):
        publish(broker, said)
        wait_for(lambda: Reading.objects.exists(), "the first reading")
        broker.kill()
        kept = _rates()
        broker.start()
        wait_for(lambda: (tmp_path / "log").read_bytes().count(b"Connected") >= 2, "another connection")
        publish(broker, said)  # at least once is the publisher's promise too
        publish(broker, [of_device(device, second) for second in range(400, 450)])
        wait_for(lambda: _rates() == set(range(450)), "450 readings")
    assert kept <= _rates()
    assert Reading.objects.count() == 450


def test_a_second_process_of_the_same_session_stands_by(broker, device, tmp_path):
    with ingesting(broker, log=tmp_path / "log") as first, standing_by(broker, log=tmp_path / "log2"):
        publish(broker, [of_device(device, 1)])
        wait_for(lambda: Reading.objects.count() == 1, "a reading")
        assert b"Connected" not in (tmp_path / "log2").read_bytes()
        first.kill()
        first.wait()
        wait_for(lambda: b"Connected" in (tmp_path / "log2").read_bytes(), "the second to take over")
        publish(broker, [of_device(device, 2)])
        wait_for(lambda: Reading.objects.count() == 2, "another reading")


def _rates() -> set[int]:
    return {json.loads(state)[4] for state in Reading.objects.values_list("state", flat=True)}
