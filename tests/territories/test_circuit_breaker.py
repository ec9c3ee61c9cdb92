"""A geocoder that fails again and again is left alone for a while, by every process; then one asks for all."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connection

from territories.addresses import Address
from territories.geocoding import GeocodersUnavailableError, breaker, locate
from territories.geocoding.base import GeocoderUnavailableError
from territories.models import GeocoderOutage
from tests.databases import url_of_database
from tests.factories import NOW
from tests.geocoders import Trouble
from texture_portal import clock

ADDRESS = Address("3501 Civic Center Dr", "", "San Rafael", "CA", "94903")
FAULT = GeocoderUnavailableError("it answers 500")


@pytest.fixture
def down(service, settings):
    settings.GEOCODERS, settings.GEOCODER_FAULTS = ["census"], 2
    service.lasting = Trouble(500)
    return service


def fail(times=1):
    for _ in range(times):
        with pytest.raises(GeocodersUnavailableError):
            locate(ADDRESS)


def pass_pause():
    GeocoderOutage.objects.update(until=clock.now() - timedelta(seconds=1))
    breaker.forget_outages()


@pytest.mark.django_db
def test_it_is_not_asked_after_so_many_faults_in_a_row(down):
    fail(2)
    asked = len(down.asked)
    fail(3)
    assert len(down.asked) == asked
    assert GeocoderOutage.objects.get().reason == "it answers 500"


@pytest.mark.django_db
def test_an_answer_between_faults_begins_the_count_anew(down):
    fail()
    down.lasting = None
    locate(ADDRESS)
    down.lasting = Trouble(500)
    fail()
    assert not GeocoderOutage.objects.exists()


@pytest.mark.django_db
def test_after_the_pause_an_answer_closes_the_circuit(down):
    fail(2)
    pass_pause()
    down.lasting = None
    assert locate(ADDRESS).geocoder == "census"
    assert not GeocoderOutage.objects.exists()


@pytest.mark.django_db
def test_each_pause_is_longer_than_the_last_up_to_ten_minutes(settings):
    settings.GEOCODER_FAULTS = 1
    pauses = []
    now = NOW
    for _ in range(7):
        assert breaker.may_ask("census", now=now)
        breaker.note_fault("census", FAULT, now=now)
        outage = GeocoderOutage.objects.get()
        pauses.append((outage.until - now).total_seconds())
        assert not breaker.may_ask("census", now=outage.until - timedelta(seconds=1))
        now = outage.until
    assert pauses == [30, 60, 120, 240, 480, 600, 600]
    assert outage.since == NOW


@pytest.mark.django_db
def test_when_to_come_back_is_believed_within_an_hour():
    breaker.note_fault("census", GeocoderUnavailableError("429", retry_after=10**9), now=NOW)
    assert GeocoderOutage.objects.get().until == NOW + timedelta(hours=1)


@pytest.mark.django_db(transaction=True)
def test_another_process_is_told(down):
    fail(2)
    asked = len(down.asked)
    script = (
        "from territories.geocoding import locate; from territories.addresses import Address\n"
        "try: locate(Address('3501 Civic Center Dr', '', 'San Rafael', 'CA', '94903'))\n"
        "except Exception as fault: print(fault)"
    )
    other = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", script],
        cwd=django_settings.BASE_DIR,
        env={
            **os.environ,
            "DATABASE_URL": url_of_database(connection.settings_dict["NAME"]),
            "GEOCODERS": "census",
            "CENSUS_GEOCODER_URL": f"{down.url}/census",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert "not asked for a while" in other.stdout
    assert len(down.asked) == asked


@pytest.mark.django_db
def test_one_asks_for_all_when_the_pause_is_over(settings):
    settings.GEOCODER_FAULTS = 1
    breaker.note_fault("census", FAULT, now=NOW)
    later = NOW + timedelta(minutes=2)
    one, *others = (breaker.may_ask("census", now=later), breaker.may_ask("census", now=later))
    breaker.begin_anew()  # and a process that has just begun
    assert (one, others, breaker.may_ask("census", now=later)) == (True, [False], False)
    assert breaker.may_ask("census", now=later + breaker.PROBE)  # whoever asked has died
