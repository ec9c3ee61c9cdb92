"""Three locks: a name at an address, all names at an address, a name from everywhere; and none against a colleague."""

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client

from tests.login.conftest import PASSWORD
from texture_portal.models import Act

pytestmark = pytest.mark.django_db

HOME, OFFICE = "198.51.100.1", "203.0.113.9"


@pytest.fixture(autouse=True)
def _limits(settings):
    settings.LOGIN_FAILURES_OF_ADDRESS, settings.LOGIN_FAILURES_OF_NAME = 8, 12


@pytest.fixture
def guess():
    """The status of wrong passwords, one after the other."""

    def at(address, *names):
        client = Client(REMOTE_ADDR=address)
        return [client.post("/admin/login/", {"username": name, "password": "wrong"}).status_code for name in names]

    return at


@pytest.fixture
def comes_in():
    def at(address, name="rita"):
        answer = Client(REMOTE_ADDR=address).post(
            "/admin/login/?next=/admin/", {"username": name, "password": PASSWORD}
        )
        return answer.status_code == 302

    return at


def test_five_wrong_passwords_lock_the_name_at_that_address(rita, guess, comes_in):
    assert guess(HOME, *["rita"] * 5) == [200] * 4 + [429]
    assert not comes_in(HOME)
    assert comes_in(OFFICE)


def test_who_goes_through_the_names_is_stopped_by_address(rita, guess, comes_in):
    assert guess(HOME, *(f"name{number}" for number in range(9))) == [200] * 7 + [429] * 2
    assert not comes_in(HOME)
    assert comes_in(OFFICE)
    assert Act.objects.filter(what="locked_out").exists()


def test_who_has_many_addresses_is_stopped_by_name(rita, guess, comes_in):
    for number in range(4):
        guess(f"192.0.2.{number}", *["rita"] * 3)
    assert not comes_in("192.0.2.200"), "from an address that is new"
    User.objects.create_superuser("otto", password=PASSWORD)
    assert comes_in("192.0.2.200", "otto")


def test_a_stranger_does_not_keep_a_colleague_out(rita, guess, comes_in):
    assert comes_in(OFFICE)
    for number in range(6):
        guess(f"192.0.2.{number}", *["rita"] * 4)
    assert comes_in(OFFICE), "she came in from there of late"


def test_one_who_guesses_among_colleagues_does_not_keep_them_out_either(rita, guess, comes_in):
    assert comes_in(OFFICE)
    guess(OFFICE, *(f"name{number}" for number in range(9)))
    assert comes_in(OFFICE)
    assert guess(OFFICE, "name20") == [429]


def test_an_address_of_ipv6_is_its_whole_network(rita, guess, comes_in):
    for number in range(1, 6):
        guess(f"2001:db8:1:2::{number}", "rita")
    assert not comes_in("2001:db8:1:2::99")
    assert comes_in("2001:db8:1:3::1")


def test_what_is_tried_while_it_is_locked_does_not_lengthen_it(rita, guess, settings, comes_in):
    guess(HOME, *["rita"] * 30)
    assert sum(each.failures_since_start for each in AccessAttempt.objects.all()) == 5
