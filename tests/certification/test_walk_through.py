"""The guide's walk-through: the simulated OEM is connected and certified from a shell; and a TPDO for each maker."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from devices.certification import certifying
from devices.models import Cloud
from partners.models import Certificate
from tests.factories import PartnerFactory, linkable_cloud
from texture_portal import clock
from texture_portal.refusals import Refusal

from .concerned import of_section
from .conftest import BY, asked_for, cloud_of, opened, tried

MAKER = "Simulated Energy"


def run(monkeypatch, command, *words, given=""):
    out = io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO(given))
    call_command(command, *words, stdout=out)
    return out.getvalue()


def test_the_simulated_oem_is_connected_and_certified_from_a_shell(oem, monkeypatch):
    partner = PartnerFactory(environment="production")
    connected = json.loads(run(monkeypatch, "connect_simulated_oem", partner.name, given=json.dumps(oem.told)))
    assert Cloud.objects.get().name == connected["cloud"]
    secret = connected["secondSecret"]
    told = run(monkeypatch, "certify", partner.name, "--second-secret-stdin", given=secret)
    assert "Certificate version 1" in told
    assert secret not in told
    assert Certificate.objects.in_force(now=clock.now()).count() == 1


@pytest.mark.parametrize("given", ["", "Welcome!", '{"url": "https://cloud.example"}'])
def test_what_cannot_be_connected_is_said(transactional_db, monkeypatch, given):
    with pytest.raises(CommandError, match="Remedy"):
        run(monkeypatch, "connect_simulated_oem", PartnerFactory().name, given=given)


def test_a_tpdo_is_certified_for_each_maker(oem, second_secret):
    partner = PartnerFactory(kind="tpdo", manufacturers=[MAKER, "Another Maker"])
    cloud = opened(oem, cloud_of(oem, partner))
    for maker, why in (("", "say which"), ("Nobody's", "devices of")):
        with pytest.raises(Refusal, match=why):
            asked_for(cloud, maker=maker)
    report = tried(cloud, secret=second_secret, maker=MAKER, of=of_section("10"))
    assert report.is_clean
    certificate = certifying.certify(report.run, reason="reviewed", now=clock.now(), by=BY)
    assert (certificate.maker, certificate.report["manufacturer"]) == (MAKER, MAKER)
    other = tried(cloud, secret=second_secret, maker="Another Maker", of=of_section("10"))
    assert "listed" in other.failed
    with pytest.raises(Refusal, match="failed"):
        certifying.certify(other.run, reason="reviewed", now=clock.now(), by=BY)


def test_a_cloud_that_is_not_reached_fails_and_breaks_nothing(transactional_db, settings):
    """Whatever cannot be found out is not met."""
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    cloud = linkable_cloud(PartnerFactory(), "http://127.0.0.1:9")
    report = tried(cloud)
    assert not report.is_clean
    assert {line.outcome for line in report.lines} == {"fail", "not_applicable"}
