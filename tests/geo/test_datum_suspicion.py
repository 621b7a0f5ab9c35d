"""Files in GCJ-02 or BD-09 are asked about where streets, borders or names tell, and no file in WGS 84 is."""

import numpy as np
import pytest

from bench.datums import HALF, SHAPES, judge, make_points, make_town
from bench.planted_places import shifted
from geo.datum_suspicion import FEWEST, suspect_borders, suspect_datum


@pytest.fixture(scope="module", params=SHAPES)
def town(request):
    return make_town(request.param, 1)


def asked(town, kind, truth, known="streets", n=800):
    rng = np.random.default_rng(5)
    xy = make_points(town, kind, n, rng)
    return judge(town, xy, truth, rng, with_streets=known == "streets", with_names=known == "names")


@pytest.mark.parametrize("kind", ["along", "snapped"])
@pytest.mark.parametrize("truth", ["GCJ-02", "BD-09"])
def test_points_along_streets_tell_their_datum(town, kind, truth):
    found = asked(town, kind, truth)
    assert (found.datum, found.kind, found.part) == (truth, "streets", 1.0)
    given, gcj, bd = found.metres
    assert {"GCJ-02": gcj, "BD-09": bd}[truth] < 15
    assert given > {"GCJ-02": gcj, "BD-09": bd}[truth]
    assert found.inside[1] > 0.99


@pytest.mark.parametrize("kind", ["along", "snapped", "busy", "blocks"])
@pytest.mark.parametrize("known", ["streets", "polygons", "names"])
def test_points_of_wgs84_are_never_asked_about(town, kind, known):
    assert asked(town, kind, "clean", known) is None


def test_half_a_file_in_gcj02_is_told_as_a_part_of_it():
    town = make_town("organic", 1)
    found = asked(town, "along", "half GCJ-02")
    assert (found.datum, found.kind) == ("GCJ-02", "streets")
    assert found.part == pytest.approx(0.5, abs=0.1)


def test_streets_that_repeat_like_wallpaper_say_nothing_of_a_half():
    assert asked(make_town("grid", 1), "along", "half GCJ-02") is None


def test_points_anywhere_in_blocks_tell_nothing_but_at_the_borders():
    town = make_town("uneven", 1)
    rng = np.random.default_rng(2)
    middle = town.degrees(rng.uniform(-HALF / 2, HALF / 2, (800, 2)))
    lon, lat = shifted(middle, "GCJ-02").T
    assert suspect_datum(lon, lat, neighborhoods=town.units, streets=lambda: town.streets) is None
    found = asked(town, "blocks", "GCJ-02", "polygons")
    assert (found.datum, found.kind) == ("GCJ-02", "polygons")
    assert found.inside[1] - found.inside[0] > 0.01


def test_names_tell_where_no_street_does():
    found = asked(make_town("uneven", 1), "blocks", "BD-09", "names")
    assert found.datum == "BD-09"
    assert found.named[1] > 0.9 > found.named[0]


def test_few_points_and_points_elsewhere_cost_and_say_nothing():
    town = make_town("organic", 1)
    rng = np.random.default_rng(3)
    lonlat = shifted(town.degrees(make_points(town, "snapped", FEWEST - 1, rng)), "GCJ-02")

    def never():
        raise AssertionError("streets were loaded")

    assert suspect_datum(*lonlat.T, streets=never) is None
    away = np.column_stack([rng.uniform(-75.3, -75.0, 500), rng.uniform(39.9, 40.1, 500)])
    assert suspect_datum(*away.T, streets=never) is None
    assert suspect_datum(np.full(500, np.nan), np.full(500, np.nan), streets=never) is None
    # Many rows on one point are one place.
    assert suspect_datum(np.full(500, lonlat[0, 0]), np.full(500, lonlat[0, 1]), streets=never) is None


def test_the_same_file_gives_the_same_answer():
    town = make_town("organic", 2)
    assert asked(town, "along", "GCJ-02") == asked(town, "along", "GCJ-02")


def test_borders_that_run_along_streets_tell_which_of_both_is_shifted():
    import geopandas as gpd
    import shapely

    town = make_town("organic", 1)
    # Neighborhoods cut along the streets themselves.
    faces = shapely.get_parts(shapely.polygonize(town.streets.geometry.to_numpy()))
    faces = faces[shapely.area(faces) > 0]
    units = gpd.GeoDataFrame({"name": "", "geometry": faces[:: len(faces) // 40]}, crs=4326)
    assert suspect_borders(units, town.streets) is None

    def moved(frame):
        return frame.set_geometry(
            gpd.GeoSeries(shapely.transform(frame.geometry.to_numpy(), lambda at: shifted(at, "GCJ-02")), crs=4326)
        )

    which, datum, points, given, undone = suspect_borders(moved(units), town.streets)
    assert (which, datum) == ("neighborhoods", "GCJ-02")
    assert points > 100
    assert undone < 8 < given
    assert suspect_borders(units, moved(town.streets))[:2] == ("streets", "GCJ-02")
    assert suspect_borders(moved(units), moved(town.streets)) is None  # they fit each other: nothing to ask
