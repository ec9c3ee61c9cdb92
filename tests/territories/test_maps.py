"""Maps drawn here: what is in the picture, how long its scale is, and where tiles would lie under it."""

import math

import numpy as np
import pytest
import shapely

from territories.geocoding.base import meters_between
from territories.maps import HEIGHT, WIDTH, map_of, meters_to_edge
from territories.maps.drawing import draw, path_of
from territories.maps.tiles import tiles
from territories.maps.view import nice_length, to_world, view_around
from tests.factories import ServiceTerritoryFactory, UtilityFactory

HERE = (38.0339, -122.5855)


def box_around(point, *, north=0.1, east=0.1, of=(0.0, 0.0)):
    latitude, longitude = point[0] + of[0], point[1] + of[1]
    return shapely.box(longitude - east, latitude - north, longitude + east, latitude + north)


def territory(area, **utility):
    return ServiceTerritoryFactory(utility=UtilityFactory(**utility), boundary=area.wkb).utility


def shape_of(path):
    rings = [[tuple(map(float, pair.split(","))) for pair in ring[:-1].split("L")] for ring in path.split("M")[1:]]
    return shapely.union_all([shapely.Polygon(ring) for ring in rings])


def test_the_place_is_in_the_middle_and_its_disc_inside():
    view = view_around(*HERE, meters=5_000, width=WIDTH, height=HEIGHT)
    x, y = view.place(np.array([[HERE[1], HERE[0]]]))[0]
    assert (x, y) == pytest.approx((WIDTH / 2, HEIGHT / 2))
    assert view.meters_per_unit * HEIGHT / 2 == pytest.approx(5_000)


def test_a_length_in_the_picture_is_the_length_on_the_ground():
    view = view_around(*HERE, meters=5_000, width=WIDTH, height=HEIGHT)
    east = (HERE[0], HERE[1] + 0.02)
    (x1, _), (x2, _) = view.place(np.array([[HERE[1], HERE[0]], [east[1], east[0]]]))
    assert (x2 - x1) * view.meters_per_unit == pytest.approx(meters_between(HERE, east), rel=0.001)


@pytest.mark.parametrize(("at_most", "nice"), [(1, 1), (4.9, 2), (5, 5), (99, 50), (2_300, 2_000), (0.7, 0.5)])
def test_a_scale_is_1_2_or_5_times_a_power_of_ten(at_most, nice):
    assert nice_length(at_most) == pytest.approx(nice)


def test_tiles_lie_where_the_world_is():
    view = view_around(*HERE, meters=5_000, width=WIDTH, height=HEIGHT)
    found = tiles(view, "https://t.example/{z}/{x}/{y}.png")
    assert len(found) <= 12
    for tile in found:
        zoom, column, row = (int(part) for part in tile.url.removesuffix(".png").split("/")[-3:])
        longitude = column / 2**zoom * 360 - 180
        latitude = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / 2**zoom))))
        assert view.place(np.array([[longitude, latitude]]))[0] == pytest.approx((tile.x, tile.y), abs=0.1)
    assert min(tile.x for tile in found) <= 0
    assert max(tile.x + tile.size for tile in found) >= WIDTH
    assert tiles(view, "") == []


def test_the_whole_world_is_a_square():
    corners = to_world(np.array([[-180.0, 85.0], [180.0, -85.0]]))
    assert corners[:, 0].tolist() == [0, 1]
    assert corners[0, 1] + corners[1, 1] == pytest.approx(1)


def test_an_area_is_cut_at_the_picture_and_no_finer_than_is_seen():
    view = view_around(*HERE, meters=5_000, width=WIDTH, height=HEIGHT)
    coast = shapely.Point(HERE[1], HERE[0]).buffer(0.2, quad_segs=20_000)
    [drawn] = draw({1: coast}, view)
    west, north, east, south = shape_of(drawn.path).bounds
    assert west >= -13
    assert north >= -13
    assert east <= WIDTH + 13
    assert south <= HEIGHT + 13
    assert len(drawn.path) < 1_000


def test_a_hole_stays_a_hole():
    ring = shapely.Polygon([(0, 0), (90, 0), (90, 90), (0, 90)], [[(30, 30), (60, 30), (60, 60), (30, 60)]])
    assert path_of(ring).count("M") == 2


def test_what_is_outside_the_picture_is_not_drawn_and_has_no_letter():
    view = view_around(*HERE, meters=1_000, width=WIDTH, height=HEIGHT)
    [drawn] = draw({1: box_around(HERE, of=(3, 3))}, view)
    assert (drawn.path, drawn.letter_at) == ("", None)


def test_letters_stand_in_what_is_each_ones_own():
    view = view_around(*HERE, meters=5_000, width=WIDTH, height=HEIGHT)
    areas = {1: box_around(HERE, of=(0, -0.1)), 2: box_around(HERE, of=(0, 0.05)), 3: box_around(HERE, of=(0, 0.05))}
    first, second, third = (each.letter_at for each in draw(areas, view))
    assert first[0] < WIDTH / 2
    assert math.dist(second, third) >= 16


@pytest.mark.django_db
def test_the_nearest_edge_of_every_candidate_is_in_the_picture():
    near = territory(box_around(HERE, of=(0, 0.1 + 0.03)))  # some 2.6 km to the east
    far = territory(box_around(HERE, north=2, east=2))
    drawn = map_of(HERE, accuracy_meters=100, utility_ids=[near.pk, far.pk])
    assert [area.utility_id for area in drawn.areas] == [near.pk, far.pk]
    edge_at = shape_of(drawn.areas[0].path).bounds[0]
    assert WIDTH / 2 < edge_at < WIDTH
    assert drawn.point == (WIDTH / 2, HEIGHT / 2)
    x, y, width, height = drawn.overview.part
    assert 0 < x < x + width < drawn.overview.width
    assert 0 < y < y + height < drawn.overview.height


@pytest.mark.django_db
def test_a_merged_companys_land_is_drawn_as_its_successors():
    successor = territory(box_around(HERE, of=(0, -0.1)))
    merged = territory(box_around(HERE, of=(0, 0.1)), status="merged", successor=successor)
    territory(box_around(HERE), name="Another")
    drawn = map_of(HERE, accuracy_meters=9_000, utility_ids=[successor.pk])
    assert [area.utility_id for area in drawn.areas] == [successor.pk]
    assert shape_of(drawn.areas[0].path).bounds[2] > WIDTH / 2 + 50
    assert merged.pk not in [area.utility_id for area in drawn.areas]


@pytest.mark.django_db
def test_one_without_a_boundary_is_not_drawn_and_none_is_no_fault():
    drawn = map_of(HERE, accuracy_meters=500, utility_ids=[UtilityFactory().pk])
    assert (drawn.areas, drawn.overview) == ([], None)


@pytest.mark.django_db
def test_the_partners_coordinates_are_drawn_where_they_are_another_point():
    assert map_of(HERE, accuracy_meters=50, utility_ids=[], said=HERE).said is None
    said = map_of(HERE, accuracy_meters=50, utility_ids=[], said=(HERE[0], HERE[1] + 0.05)).said
    assert WIDTH / 2 < said[0] <= WIDTH


def test_meters_to_the_edge_are_those_on_the_ground():
    area = box_around(HERE, north=1, east=0.02)
    assert meters_to_edge(HERE, area) == pytest.approx(meters_between(HERE, (HERE[0], HERE[1] + 0.02)), rel=0.001)
    assert meters_to_edge((HERE[0], HERE[1] + 0.03), area) == pytest.approx(876, abs=10)
