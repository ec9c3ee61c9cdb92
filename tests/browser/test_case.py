"""A reviewer clears an ambiguous case from what the page shows: the map, and what speaks for whom."""

import math

import pytest
import shapely

from enrollments.claims import SiteClaim
from enrollments.matching import find
from enrollments.models import Enrollment, ReviewCase
from territories import index
from territories.models import ZipService
from tests.factories import ADDRESS, DataSetFactory, ProgramFactory, ServiceTerritoryFactory, UtilityFactory, enrolled
from texture_portal import clock

from .test_console import carry_out, page_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HERE = (-122.5855, 38.0339)  # the centroid of the address's ZIP code


@pytest.fixture
def case():
    """Between an investor-owned utility, a town within it, and a cooperative that the ZIP table names alone."""
    big = territory("Golden Bay Power", shapely.box(-123.1, 37.6, -122.0, 38.6))
    town = territory("City of San Rafael Electric", town_around(*HERE), segment="municipal_utility")
    table = DataSetFactory(kind="zip_table", name="zips.csv")
    coop = UtilityFactory(name="Valley Ford Electric Cooperative", segment="distribution_cooperative")
    for utility in (big, town, coop):
        ZipService.objects.create(zip_code=ADDRESS.zip_code, eia_id=utility.eia_id, data_set=table)
    index.forget()
    said = SiteClaim(ADDRESS, (38.0120, -122.4500), {"name": town.name})
    enrolled(finding=find(said, pointer=""), now=clock.now(), consent=None)
    yield ReviewCase.objects.get()
    index.forget()


def territory(name, area, **more):
    utility = ProgramFactory(owner=UtilityFactory(name=name, **more)).owner
    ServiceTerritoryFactory(utility=utility, boundary=area.wkb)
    return utility


def town_around(longitude, latitude):
    """Its edge runs near the place, in and out."""
    turns = [index * math.tau / 40 for index in range(40)]
    return shapely.Polygon(
        (longitude + 0.02 + math.cos(turn) * (0.035 + 0.012 * math.sin(5 * turn)), latitude + math.sin(turn) * 0.03)
        for turn in turns
    )


def test_an_ambiguous_case_is_cleared_from_the_page(case, sign_in, keep):
    asked = []
    page = sign_in("Program staff")
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_of(case))
    keep(page, "case-explained")
    names = [each["utility"]["name"] for each in case.enrollment.match["candidates"]]
    assert len(names) >= 2
    for name in names:
        assert page.locator(".legend").get_by_text(name).count() == 1
    disc, point = (
        page.locator(f".place-map-pictures > svg:first-child .{part}").bounding_box() for part in ("disc", "point")
    )
    assert disc["width"] > point["width"] * 3
    assert page.locator(".bar text").text_content().endswith(("km", " m"))
    assert page.locator(".evidence tbody tr").count() >= 3
    origin = "/".join(page.url.split("/")[:3])
    assert {url for url in asked if not url.startswith((origin, "data:"))} == set()
    page.get_by_label("City of San Rafael Electric").first.check()
    carry_out(page, "resolve", reason="The map shows the street inside the town.")
    assert Enrollment.objects.get().site.utility.name == "City of San Rafael Electric"


def test_it_is_readable_in_the_dark(case, sign_in, keep):
    page = sign_in("Program staff")
    page.goto(page_of(case))
    page.evaluate("document.documentElement.classList.add('dark')")
    keep(page, "case-explained-dark")
    ink, paper = (
        page.locator(selector).first.evaluate("(each, name) => getComputedStyle(each)[name]", name)
        for selector, name in ((".evidence td", "color"), (".place-map .ground", "fill"))
    )
    assert ink != paper


def test_tiles_come_from_the_server_that_the_setting_names_and_nowhere_else(case, sign_in, keep, settings):
    settings.MAP_TILES_URL = "https://tiles.example.org/{z}/{x}/{y}.png"
    settings.MAP_TILES_CREDIT = "Streets by Example"
    page = sign_in("Program staff")
    wanted, refused = [], []
    page.on("console", lambda message: refused.append(message.text))
    page.route("https://tiles.example.org/**", lambda route: (wanted.append(route.request.url), route.abort()))
    with page.expect_request("https://tiles.example.org/**"):
        page.goto(page_of(case))
    page.wait_for_load_state("networkidle")
    assert wanted
    assert "Streets by Example" in page.content()
    assert not [text for text in refused if "Content Security Policy" in text]
    with page.expect_console_message(lambda message: "Content Security Policy" in message.text):
        page.evaluate("new Image().src = 'https://elsewhere.example.org/spy.png'")
