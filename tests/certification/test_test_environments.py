"""Certification runs against a partner's sandbox, never against the cloud that has customers' devices (§12)."""

import pytest
from django.core.management import CommandError, call_command

from devices.certification import runs
from devices.models import CertificationRun
from enrollments.certification.work import suites
from tests.factories import PartnerFactory, linkable_cloud
from texture_portal import actors, clock
from texture_portal.refusals import Refusal

pytestmark = pytest.mark.django_db(transaction=True)
BY = actors.system("tests")


@pytest.fixture
def partner():
    return PartnerFactory(environment="production")


def asked(partner, **options):
    return runs.ask_for(partner, suites=suites(), now=clock.now(), by=BY, **options)


def outcomes(run):
    """Of what is asked of the cloud, as far as it was tried."""
    return set(run.results.values_list("outcome", "said"))


def test_a_cloud_with_customers_devices_is_not_tried_and_the_refusal_says_what_to_do(partner):
    cloud = linkable_cloud(partner, "http://127.0.0.1:9", name="Main")
    for options in ({}, {"cloud": cloud}):
        with pytest.raises(Refusal, match=r"cloud Main: it is not marked .* Remedy: connect the partner's sandbox"):
            asked(partner, **options)
    with pytest.raises(CommandError, match="Remedy: connect the partner's sandbox"):
        call_command("certify", partner.name)
    assert not CertificationRun.objects.exists()


def test_beside_it_the_test_environment_is_what_is_tried(partner):
    linkable_cloud(partner, "http://127.0.0.1:9", name="Main")
    sandbox = linkable_cloud(partner, "http://127.0.0.1:9", name="Sandbox", is_test_environment=True)
    assert asked(partner).cloud == sandbox


def test_of_several_test_environments_one_is_named(partner):
    for name in ("Main", "North", "South"):
        linkable_cloud(partner, "http://127.0.0.1:9", name=name, is_test_environment=name != "Main")
    with pytest.raises(Refusal, match=r"Say which cloud: North, South\."):
        asked(partner)


def test_a_partner_that_is_not_in_production_yet_has_no_customers_anywhere():
    partner = PartnerFactory(environment="sandbox")
    cloud = linkable_cloud(partner, "http://127.0.0.1:9")
    assert asked(partner).cloud == cloud


def test_a_cloud_that_customers_came_to_meanwhile_is_asked_nothing_more(partner):
    cloud = linkable_cloud(partner, "http://127.0.0.1:9", is_test_environment=True)
    run = asked(partner)
    cloud.is_test_environment = False
    cloud.save()
    claimed = runs.claim(now=clock.now(), run=run)
    runs.work_on(claimed, suites(), now=clock.now())
    assert outcomes(run) == {("not_tried", "The cloud is no longer marked as a test environment.")}
