"""What one address may do without any proof: so much at once, then a little more with time."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client

from enrollments.models import LinkSession, SignInLink
from partners.onboarding import create_partner
from tests.factories import NOW
from texture_portal import actors, clock, gates
from texture_portal.gates import WIDTHS, Gate, Width, knock, widths
from texture_portal.models import GateBucket

pytestmark = pytest.mark.django_db

HOME, OTHER = "198.51.100.1", "198.51.100.2"


@pytest.fixture
def narrow(settings):
    """Three at once, and one more an hour."""
    settings.ADDRESS_LIMITS = {gate.value: "3:3600" for gate in Gate}


def knocks(address, times, gate=Gate.MAIL):
    return [knock(gate, address) == 0 for _ in range(times)]


def test_so_many_pass_at_once_and_the_next_is_told_how_long_to_wait(narrow):
    assert knocks(HOME, 4) == [True, True, True, False]
    assert 3500 < knock(Gate.MAIL, HOME) <= 3600


def test_each_address_and_each_gate_has_a_bucket_of_its_own(narrow):
    knocks(HOME, 4)
    assert knocks(OTHER, 1) == [True]
    assert knocks(HOME, 1, gate=Gate.VISIT) == [True]


def test_a_refusal_costs_nothing_so_that_waiting_helps(narrow):
    knocks(HOME, 20)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE texture_portal_gatebucket SET filled_at = filled_at - interval '61 minutes'")
    assert knocks(HOME, 2) == [True, False]


def test_a_whole_network_of_ipv6_is_one_address(narrow):
    assert [knock(Gate.MAIL, f"2001:db8:1:2::{number}") == 0 for number in range(1, 5)] == [True, True, True, False]


def test_addresses_are_not_kept(narrow):
    knock(Gate.MAIL, HOME)
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'texture_portal_gatebucket'")
        assert cursor.fetchone() == ("u",)  # not logged
        cursor.execute("SELECT held::text FROM texture_portal_gatebucket held")
        assert HOME not in cursor.fetchone()[0]
        assert HOME.encode().hex() not in str(GateBucket.objects.get().name.hex())


def test_what_says_nothing_any_more_is_purged(narrow):
    knock(Gate.MAIL, HOME)
    gates.purge(now=clock.now() + timedelta(hours=5))
    assert GateBucket.objects.count() == 1
    gates.purge(now=clock.now() + timedelta(hours=7))
    assert not GateBucket.objects.exists()


def test_limits_are_set_by_the_settings_and_nonsense_is_refused():
    assert widths({"mail": "2:0.5"}) == {**WIDTHS, Gate.MAIL: Width(2, 0.5)}
    for nonsense in ({"mail": "0:1"}, {"mail": "many"}, {"post": "1:1"}, {"mail": "1:0"}):
        with pytest.raises(ValueError):  # noqa: PT011 -- whichever
            widths(nonsense)


def test_the_token_endpoint_is_limited_by_address(narrow):
    made = create_partner("Acme Energy", kind="oem", now=NOW, by=actors.system("tests"))
    form = {
        "grant_type": "client_credentials",
        "client_id": made.client.application.client_id,
        "client_secret": made.client.secret,
    }
    here, there = Client(REMOTE_ADDR=HOME), Client(REMOTE_ADDR=OTHER)
    answers = [here.post("/oauth/token/", form) for _ in range(4)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert answers[-1].json()["error"] == "temporarily_unavailable"
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert answers[-1].headers["Cache-Control"] == "no-store"
    assert there.post("/oauth/token/", form).status_code == 200


def test_mails_with_a_way_in_are_limited_by_address(narrow):
    here = Client(REMOTE_ADDR=HOME)
    statuses = [here.post("/account/email/", {"email": f"user{n}@example.org"}).status_code for n in range(5)]
    assert statuses == [302, 302, 302, 429, 429]
    assert SignInLink.objects.count() == 3
    assert mail.outbox == []
    assert here.get("/account/").status_code == 200, "looking is free"


def test_visits_are_limited_by_address(narrow):
    here = Client(REMOTE_ADDR=HOME)
    answers = [here.post("/link/") for _ in range(4)]
    assert [each.status_code for each in answers] == [302, 302, 302, 429]
    assert LinkSession.objects.count() == 3
    assert "Please wait a little" in answers[-1].content.decode()


def test_it_is_said_in_spanish_too(narrow):
    here = Client(REMOTE_ADDR=HOME, headers={"Accept-Language": "es"})
    assert "Espere un poco" in [here.post("/link/") for _ in range(4)][-1].content.decode()


def test_links_from_mails_are_not_tried_without_end(narrow):
    here = Client(REMOTE_ADDR=HOME)
    tried = [here.post(f"/account/in/token{n}/", {"zip": "94903"}).status_code for n in range(4)]
    assert tried == [410, 410, 410, 429]
