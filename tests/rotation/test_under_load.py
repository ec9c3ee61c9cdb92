"""Every secret exchanged while partners enroll, workers deliver and staff look: no request fails, no job is lost."""

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter

import psutil
import pytest
import requests
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, connections
from standardwebhooks import Webhook, WebhookVerificationError

from enrollments.models import Enrollment
from partners.models import Partner, WebhookDelivery
from tests.contract.client import Client, send
from tests.contract.payloads import enrollment
from tests.contract.signing import sign
from tests.databases import url_of_database
from tests.faults.conftest import printed
from tests.waiting import PATIENCE, wait_for
from texture_portal import clock, key_use, rotation
from texture_portal import secrets_file as own_file
from texture_portal.key_rings import Ring, keys_of
from texture_portal.models import Key

CLIENTS = int(os.environ.get("ROTATION_CLIENTS", "2"))
SETTLE_SECONDS = float(os.environ.get("ROTATION_SECONDS", "1"))  # of load between two steps
PASSWORD = "correct horse battery staple"
OVERLAP_HOURS = "0.01"  # 36 s: what was signed a moment before arrives on any machine


class Load:
    """Partners' clients that enroll device after device, and a member of staff who looks at a page. Nobody retries."""

    def __init__(self, oem: Client, authority: str) -> None:
        self.oem, self.authority, self.is_on = oem, authority, True
        self.answers: Counter[object] = Counter()
        self.acknowledged: list[str] = []
        self.staff = requests.Session()
        self.threads = [
            threading.Thread(target=self._run, args=(each,)) for each in [*[self._enroll] * CLIENTS, self._look]
        ]

    def __enter__(self) -> "Load":
        self._log_in()
        for each in self.threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_on = False
        for each in self.threads:
            each.join()

    def _run(self, act) -> None:
        while self.is_on:
            try:
                self.answers[act()] += 1
            except Exception as fault:
                self.answers[repr(fault)[:200]] += 1
                time.sleep(0.05)

    def _enroll(self) -> object:
        oem = self.oem
        answer = send(sign(oem.draft("POST", "/v1/enrollments", enrollment()), oem.key))
        if answer.status == 201:
            self.acknowledged.append(answer.json["id"])
        return "enrolled", answer.status if answer.status == 201 else answer.code

    def _log_in(self) -> None:
        page = f"http://{self.authority}/admin/login/"
        self.staff.get(page)
        form = {"username": "root", "password": PASSWORD, "csrfmiddlewaretoken": self.staff.cookies["csrftoken"]}
        assert self.staff.post(page, data=form, headers={"Referer": page}, allow_redirects=False).status_code == 302

    def _look(self) -> object:
        time.sleep(0.2)
        url = f"http://{self.authority}/admin/partners/partner/"
        return "looked", self.staff.get(url, allow_redirects=False).status_code


def verify(handler, received) -> None:
    """By any of the secrets that the receiver has been given so far."""
    for secret in handler.server.secrets:
        try:
            Webhook(secret).verify(received.body, received.headers)
        except WebhookVerificationError:
            continue
        return handler.say(200)
    handler.server.refused.append(received.document["type"])
    return handler.say(401)


@pytest.fixture
def portal(program_id, serve, secrets_file):
    variables = {
        "SECRETS_FILE": str(secrets_file),
        "RENEWAL_OVERLAP_SECONDS": "2",
        "ROTATION_LEEWAY_SECONDS": "5",
        "OUTBOUND_ALLOWED_HOSTS": "127.0.0.1",
    }
    started = serve(**variables, WEB_WORKERS="2", JOB_WORKERS="1")
    started.variables = variables
    return started


@pytest.fixture
def manage(portal):
    """A command beside it, with its secrets."""

    def run(*words: str, waits: bool = False) -> str:
        """`waits`: takes the step again for as long as it says to wait."""
        database, ends = url_of_database(connection.settings_dict["NAME"]), time.monotonic() + PATIENCE
        while True:
            done = subprocess.run(
                [sys.executable, "manage.py", *words], cwd=settings.BASE_DIR, text=True, capture_output=True,
                env={**os.environ, **portal.variables, "DATABASE_URL": database}, check=False,
            )  # fmt: skip
            if done.returncode == 0:
                return done.stdout
            assert waits, done.stderr + done.stdout
            assert "Remedy: wait" in done.stderr, done.stderr + done.stdout
            assert time.monotonic() < ends, done.stderr
            time.sleep(1)

    return run


def renew(portal) -> None:
    """SIGHUP; then until only new processes are there."""
    before = {each.pid for name in ("gunicorn", "qcluster") for each in [portal.parent(name)] if each}
    os.kill(portal.supervisor.pid, 1)
    wait_for(lambda: not (before & _children(portal)) and portal.is_ready())


def each_is_known(file) -> bool:
    """The new processes have said that they have the keys in the file."""
    kept = own_file.read(file)
    names = {key_use.name_of(key) for ring in Ring for key in keys_of(kept, ring).keys}
    return names <= set(Key.objects.values_list("fingerprint", flat=True))


def _children(portal) -> set[int]:
    return {each.pid for each in psutil.Process(portal.supervisor.pid).children() if _is_there(each)}


def _is_there(process: psutil.Process) -> bool:
    try:
        return process.status() != "zombie"
    except psutil.NoSuchProcess:  # ended since it was listed
        return False


def test_every_secret_is_exchanged_under_load(portal, manage, onboard, receiver, secrets_file):
    User.objects.create_superuser("root", password=PASSWORD)
    oem = onboard(portal.authority)
    hooks = receiver(verify)
    made = oem.post("/v1/webhook-endpoints", {"url": hooks.url, "eventTypes": ["*"]}).json
    hooks.secrets, hooks.refused = [made["secret"]], []
    with Load(oem, portal.authority) as load:
        time.sleep(SETTLE_SECONDS)

        partners = printed("rotate_partner_key", oem.name, "--client-secret", "--overlap-hours", OVERLAP_HOURS)
        load.oem = renewed = Client(portal.authority, {**partners, "name": oem.name})
        assert renewed.token != oem.token
        hooks.secrets.append(json.loads(manage("rotate_webhook_secret", made["id"]))["secret"])

        for step in (rotation.announce, rotation.promote):
            for ring in Ring:
                step(secrets_file, ring, now=clock.now())
            renew(portal)
            wait_for(lambda: each_is_known(secrets_file))
            time.sleep(SETTLE_SECONDS)

        hooks.secrets.pop(0)  # both sign; the receiver has moved on
        manage("rotate_encryption_keys")
        manage("rotate_secret", "DATA_KEYS", "drop", waits=True)
        renew(portal)
        time.sleep(SETTLE_SECONDS)

    assert set(load.answers) == {("enrolled", 201), ("looked", 200)}, load.answers
    assert Enrollment.objects.count() == len(set(load.acknowledged)) == load.answers["enrolled", 201] > 0
    wait_for(lambda: not WebhookDelivery.objects.exclude(state="delivered").exists())
    told = {each.document["data"]["id"] for each in hooks.received if each.document["type"] == "enrollment.created"}
    assert told >= set(load.acknowledged)
    assert hooks.refused == []
    assert Partner.objects.get().applications.filter(expires_at=None).count() == 1
    connections.close_all()
