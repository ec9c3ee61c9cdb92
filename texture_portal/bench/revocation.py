"""From a revocation to its effect, which is in its answer: under a load of enrollments, and with every worker dead."""

import json
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import psutil

from examples.oem_client import Portal
from texture_portal import clock
from texture_portal.bench.measuring import Measurement
from texture_portal.bench.scratch import scratch_database
from texture_portal.demo import setting
from texture_portal.demo.buildings import Building, buildings
from texture_portal.demo.server import HOST, free_port, serving

CLIENTS, LOAD_CLIENTS = 4, 4
ROUND = 160
_runs = count(1)


def measure(data: Path | None) -> Measurement:
    """`value` is that of the round under load; against one without. The grid is the demo's, whatever `data` is."""
    with scratch_database() as database_url, tempfile.TemporaryDirectory() as folder:
        setting.lay_grid(None)
        setting.make_programs()
        credentials = json.loads(setting.take_on_partner(now=clock.now()))
        building = next(each for each in buildings() if each.expected.state == "enrolled")
        port = free_port()
        with serving(port=port, log=Path(folder) / "server.log", database_url=database_url) as server:
            url = f"http://{HOST}:{port}"
            clients = [_client(url, credentials) for _ in range(CLIENTS)]
            load = [_client(url, credentials) for _ in range(LOAD_CLIENTS)]
            alone, alone_rate = _revoke_all(clients, _enrolled(clients, building))
            loaded, rate = _under_load(load, building, clients, _enrolled(clients, building))
            devices = _enrolled(clients, building)
            _kill_workers(server.pid)
            orphaned, _ = _revoke_all(clients, devices)
        return Measurement(
            "revocation",
            rate,
            "revocations/s",
            loaded,
            alone_rate,
            "the same without the load of enrollments",
            {
                "clients": CLIENTS,
                "load_clients": LOAD_CLIENTS,
                "revocations": ROUND,
                "p99_ms": _p99(loaded),
                "alone_p99_ms": _p99(alone),
                "workers_killed_p99_ms": _p99(orphaned),
                "workers_killed_longest_ms": round(max(orphaned) * 1000),
            },
        )


def _client(url: str, credentials: dict[str, str]) -> Portal:
    portal = Portal(url, credentials)
    portal.http.trust_env = False
    portal.token()
    return portal


def _document(building: Building) -> dict[str, Any]:
    """A device and a customer of their own."""
    document = building.document(run=f"revocation-{next(_runs)}", now=clock.now())
    document["customer"]["referenceId"] = document["device"]["serialNumber"]
    return document


def _enrolled(clients: list[Portal], building: Building) -> list[str]:
    """Devices with a consent to revoke."""

    def share(client: Portal) -> list[str]:
        documents = [_document(building) for _ in range(ROUND // CLIENTS)]
        for document in documents:
            client.enroll(document)
        return [document["device"]["manufacturerDeviceId"] for document in documents]

    with ThreadPoolExecutor(len(clients)) as pool:
        return [device for devices in pool.map(share, clients) for device in devices]


def _revoke_all(clients: list[Portal], devices: list[str]) -> tuple[list[float], float]:
    """The seconds until each was opted out and told so, and revocations a second over all."""
    began = time.perf_counter()
    with ThreadPoolExecutor(len(clients)) as pool:
        shares = [devices[place :: len(clients)] for place in range(len(clients))]
        seconds = [each for share in pool.map(_revoke_share, clients, shares) for each in share]
    return seconds, len(devices) / (time.perf_counter() - began)


def _revoke_share(client: Portal, devices: list[str]) -> list[float]:
    seconds = []
    for device in devices:
        event = _revocation(device)
        began = time.perf_counter()
        answer = client.call("POST", "/v1/events", event, idempotency_key=event["id"]).json()
        seconds.append(time.perf_counter() - began)
        if (answer["status"], answer["enrollmentState"]) != ("processed", "opted_out"):
            raise RuntimeError(f"the revocation did not take effect in its request: {answer}")
    return seconds


def _revocation(device: str) -> dict[str, Any]:
    now = clock.to_wire(clock.now())
    return {
        "id": f"bench-{next(_runs)}",
        "type": "consent.revoked",
        "manufacturerDeviceId": device,
        "occurredAt": now,
        "data": {"revokedAt": now, "source": "device_app"},
    }


def _under_load(
    load: list[Portal], building: Building, clients: list[Portal], devices: list[str]
) -> tuple[list[float], float]:
    done = Event()

    def enroll(client: Portal) -> None:
        while not done.is_set():
            client.enroll(_document(building))

    with ThreadPoolExecutor(len(load)) as pool:
        enrolling = [pool.submit(enroll, client) for client in load]
        try:
            measured = _revoke_all(clients, devices)
        finally:
            done.set()
        for each in enrolling:
            each.result()
    return measured


def _kill_workers(server_pid: int) -> None:
    """kill -9 of the queue and all that it forked."""
    for process in psutil.Process(server_pid).children(recursive=True):
        if "qcluster" in " ".join(process.cmdline()):
            process.kill()


def _p99(seconds: list[float]) -> int:
    return round(statistics.quantiles(seconds, n=100, method="inclusive")[98] * 1000)
