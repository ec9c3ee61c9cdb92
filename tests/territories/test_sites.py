from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.db import connection

from territories.matching import Match, Overlay
from territories.models import Site
from territories.sites import decide_site, save_site
from tests.territories.conftest import at
from texture_portal import clock

NOW = clock.now()
UNDECIDED = Match("ambiguous", None, None, ())


@pytest.fixture
def customer():
    return uuid4()


def test_a_customer_has_one_site_an_address(db, customer, address):
    one = save_site(customer_id=customer, address=address, location=at(37.5, -97.5), match=None, now=NOW)
    again = replace(address, street_one="1 MAIN ST.", postal_code="67002-0001")
    other = save_site(customer_id=customer, address=again, location=None, match=None, now=NOW)
    assert one.pk == other.pk
    assert save_site(customer_id=uuid4(), address=address, location=None, match=None, now=NOW).pk != one.pk
    assert Site.objects.count() == 2


def test_a_later_answer_completes_the_site(grid, customer, address):
    save_site(customer_id=customer, address=address, location=None, match=None, now=NOW)
    later = NOW + timedelta(hours=1)
    match = Match("matched", grid.west.pk, grid.cca.pk, ())
    site = save_site(customer_id=customer, address=address, location=at(37.5, -97.5), match=match, now=later)
    site.refresh_from_db()
    assert (site.latitude, site.timezone, site.geocoder) == (37.5, "America/Chicago", "test")
    assert (site.utility, site.cca) == (grid.west, grid.cca)
    assert (site.created_at, site.updated_at) == (NOW, later)


def test_what_is_known_is_not_forgotten_for_want_of_an_answer(grid, customer, address):
    match = Match("matched", grid.west.pk, None, ())
    save_site(customer_id=customer, address=address, location=at(37.5, -97.5, 50), match=match, now=NOW)
    save_site(customer_id=customer, address=address, location=None, match=None, now=NOW)
    save_site(customer_id=customer, address=address, location=at(37.0, -97.0, 9000), match=UNDECIDED, now=NOW)
    site = Site.objects.get()
    assert (site.latitude, site.accuracy_meters, site.utility) == (37.5, 50, grid.west)


def test_a_repeated_answer_changes_nothing(db, customer, address):
    save_site(customer_id=customer, address=address, location=at(37.5, -97.5), match=None, now=NOW)
    later = NOW + timedelta(days=1)
    assert (
        save_site(customer_id=customer, address=address, location=at(37.5, -97.5), match=None, now=later).updated_at
        == NOW
    )


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_site(customer, address):
    def save(_):
        try:
            return save_site(customer_id=customer, address=address, location=at(37.5, -97.5), match=None, now=NOW).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(save, range(24)))) == 1
    assert Site.objects.count() == 1


def test_a_cca_that_is_known_is_not_forgotten_where_a_coarser_answer_leaves_it_open(grid, customer, address):
    sure = Match("matched", grid.west.pk, grid.cca.pk, (), overlay=Overlay("matched", grid.cca.pk))
    torn = Match("matched", grid.west.pk, None, (), overlay=Overlay("ambiguous"))
    elsewhere = Match("matched", grid.east.pk, None, (), overlay=Overlay("ambiguous"))
    for match, cca in ((sure, grid.cca), (torn, grid.cca), (elsewhere, None)):
        site = save_site(customer_id=customer, address=address, location=at(37.5, -97.5), match=match, now=NOW)
        assert site.cca == cca


def test_of_a_utility_that_a_person_names_the_boundaries_say_which_cca_supplies(grid, customer, address):
    save = partial(save_site, customer_id=customer, address=address, match=None, now=NOW)
    site = save(location=at(37.3, -97.7))
    decide_site(site, utility=grid.west, now=NOW)
    assert (site.utility, site.cca) == (grid.west, grid.cca)
    decide_site(site, utility=grid.town, now=NOW)
    assert (site.utility, site.cca) == (grid.town, None)
