"""A partner whose cloud is the simulated one, opened in every way, as staff would set it up before certification."""

import pytest

from devices.certification import reports, runs
from devices.certification.bench import Pace
from devices.connections import programmatic
from devices.polling.tasks import poll_due
from enrollments.certification.work import suites
from partners import http
from tests.devices.connections.conftest import Linking
from tests.factories import PartnerFactory, linkable_cloud
from tests.sandbox.running import running_cloud
from tests.waiting import PATIENCE
from texture_portal import actors, clock

GENEROUS = "metadata=1000/s,telemetry=1000/s,control=1000/s,historical=1000/s,token=1000/s"
BY = actors.system("tests", channel=actors.Channel.COMMAND)
QUICK = Pace(longest=PATIENCE, command_within=60.0, asks_every=0.02, tries_again_after=0.02)  # on any machine


@pytest.fixture(scope="package")
def running(tmp_path_factory):
    """Over TLS, as any cloud in earnest."""
    authority = tmp_path_factory.mktemp("authority") / "authority.pem"
    with running_cloud(
        devices=12, rate_limits=GENEROUS, push_seconds=3600, command_seconds=0.05, tls=authority
    ) as cloud:
        yield cloud


@pytest.fixture
def starts_anew(monkeypatch):
    """The portal's process begins anew: it holds no connection, and trusts whom its environment has it trust."""
    began = []

    def start():
        began.append(http.Outbound())
        monkeypatch.setattr(http, "_client", began[-1])

    yield start
    for each in began:
        each.close()


@pytest.fixture
def oem(running, settings, transactional_db, monkeypatch, starts_anew):
    """The simulated cloud, which the portal may call, and whose authority it trusts; put right after each test."""
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    monkeypatch.setenv("SSL_CERT_FILE", running.told["authority"])
    starts_anew()
    yield running
    running.control("DELETE", "faults")


def cloud_of(oem, partner=None, **changes):
    client = oem.told["client"]
    return linkable_cloud(
        partner or PartnerFactory(), oem.url, client_id=client["id"], secret=client["secret"],
        rate_limits=dict.fromkeys(("metadata", "telemetry", "historical", "control"), "900/s:900"), **changes,
    )  # fmt: skip


def opened(oem, cloud):
    """By a client of its own and by an end user, and polled once: its devices are known."""
    told = oem.told["client"]
    programmatic.connect_by_client_credentials(
        cloud, grantor="fleet", client_id=told["id"], client_secret=told["secret"], now=clock.now(), by=BY
    )
    Linking(oem, cloud).granted()
    poll_due(now=clock.now())
    return cloud


@pytest.fixture
def cloud(oem):
    return opened(oem, cloud_of(oem))


@pytest.fixture
def second_secret(oem):
    return oem.control("POST", "secrets", {"client_id": oem.told["client"]["id"]})["client_secret"]


def asked_for(cloud, *, secret=None, of=None, **options):
    return runs.ask_for(
        cloud.partner, suites=of or suites(), cloud=cloud, second_secret=secret, now=clock.now(), by=BY, **options
    )


def tried(cloud, *, secret=None, of=None, pace=QUICK, **options):
    """The report of a whole run, worked off here. `of`: other suites than those of everybody."""
    run = asked_for(cloud, secret=secret, of=of, **options)
    claimed = runs.claim(now=clock.now(), run=run)
    while runs.work_on(claimed, of or suites(), now=clock.now(), pace=pace):
        pass
    claimed.refresh_from_db()
    return reports.report_of(claimed)


def outcomes(report) -> dict[str, str]:
    return {line.result.requirement: line.outcome for line in report.lines}


def failed(report) -> set[str]:
    return {line.result.requirement for line in report.lines if line.outcome == "fail"}
