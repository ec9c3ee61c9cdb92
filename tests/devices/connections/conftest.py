"""The simulated cloud as a process, the portal's row of it, and people who say yes there. All over real HTTP."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connections
from sandbox.running import RunningCloud, running_cloud

from devices.connections import grants, programmatic
from devices.models import Cloud
from tests.factories import CustomerFactory, PartnerFactory
from tests.waiting import PATIENCE
from texture_portal import actors, clock

CALLBACK = "http://127.0.0.1:9/callback"
BROWSER = "what the session of one browser holds"
STAFF = actors.system("tests")
CUSTOMER = actors.Actor(actors.Role.CUSTOMER, "the end user", actors.Channel.WEB)
SCOPES = ["devices.read", "telemetry.read", "commands.write", "offline_access"]
GENEROUS = "metadata=1000/s,telemetry=1000/s,control=1000/s,historical=1000/s,token=1000/s"


def at_once(count, act):
    """So many threads, each with a database connection of its own, begin at the same moment."""
    start = threading.Barrier(count)

    def begin(_):
        start.wait()
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


@pytest.fixture(scope="package")
def running():
    with running_cloud(devices=40, rate_limits=GENEROUS, push_seconds=3600) as cloud:
        yield cloud


@pytest.fixture
def sandbox(running, settings, transactional_db) -> RunningCloud:
    """Its faults are mended after each test; the portal may call it, though it is on loopback."""
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    yield running
    running.control("DELETE", "faults")


@dataclass
class Linking:
    """The portal's row of the simulated cloud, and what people and programs do there."""

    sandbox: RunningCloud
    cloud: Cloud

    def say(self, url, decision="allow", *, account="resident-1") -> dict[str, str]:
        """The end user's decision on the cloud's page: the query with which the browser is sent back."""
        form = {**dict(parse_qsl(urlsplit(url).query)), "account": account, "password": "sandbox", "decision": decision}
        authorize = f"{self.sandbox.url}/oauth/authorize"
        answer = self.sandbox.http.post(authorize, data=form, allow_redirects=False, timeout=PATIENCE)
        assert answer.status_code == 303, answer.text
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))

    def begin(self, *, customer=None, **options):
        customer = customer or CustomerFactory(partner=self.cloud.partner)
        given = {"redirect_uri": CALLBACK, "browser": BROWSER, "now": clock.now()} | options
        return grants.begin(self.cloud, customer=customer, **given)

    def complete(self, answer, **options):
        given = {"redirect_uri": CALLBACK, "browser": BROWSER, "now": clock.now(), "by": CUSTOMER} | options
        return grants.complete(answer, **given)

    def granted(self, *, account="resident-1", **options):
        return self.complete(self.say(self.begin(**options).url, account=account))

    def by_client(self, which="utility_client"):
        told = self.sandbox.told[which]
        return programmatic.connect_by_client_credentials(
            self.cloud, grantor="program", client_id=told["id"], client_secret=told["secret"], now=clock.now(),
            by=STAFF,
        )  # fmt: skip

    def by_key(self, key=None):
        return programmatic.connect_by_api_key(
            self.cloud, grantor="fleet", key=key or self.sandbox.told["api_key"], now=clock.now(), by=STAFF
        )

    def reads(self, authorization, path="/v1/devices"):
        """What the cloud answers to a call that carries the authorization."""
        return self.sandbox.api("GET", path, headers=dict(authorization.headers), params=dict(authorization.query))

    def tokens_told(self):
        return self.sandbox.control("GET", "counters")["tokens"]


@pytest.fixture
def linking(sandbox):
    cloud = Cloud(
        partner=PartnerFactory(), name="Simulated Energy", base_url=sandbox.url, issuer=sandbox.url,
        authorize_url=f"{sandbox.url}/oauth/authorize", token_url=f"{sandbox.url}/oauth/token",
        revoke_url=f"{sandbox.url}/oauth/revoke", client_id=sandbox.told["client"]["id"], scopes=SCOPES,
    )  # fmt: skip
    cloud.set_client_secret(sandbox.told["client"]["secret"])
    cloud.save()
    return Linking(sandbox, cloud)
