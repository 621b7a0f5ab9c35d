"""Files for phones are shifted on request, say so themselves, and never where maps are not shifted."""

import gpxpy
import numpy as np
import pytest

from geo.china_datum import from_wgs84
from geo.errors import InputError
from geo.gpx import Waypoint, corners_gpx, route_gpx
from jobs.phone_files import PHONE_DATUMS, PhoneDatum, phone_datum
from views.i18n import Translator

HERE = (117.46, 31.17)
TRACK = np.array([(117.46, 31.17), (117.47, 31.18), (117.48, 31.16)])


@pytest.mark.parametrize("datum", ["GCJ-02", "BD-09"])
def test_a_route_for_a_phone_in_china_is_shifted_whole(datum):
    start = Waypoint(*HERE, "所")
    document = gpxpy.parse(route_gpx("走访1", "说明", [start, start], TRACK, datum=datum))
    track = document.tracks[0].segments[0].points
    there = np.round(np.column_stack(from_wgs84(*TRACK.T, datum)), 6)
    assert np.array([(p.longitude, p.latitude) for p in track]) == pytest.approx(there, abs=1e-9)
    for point in (document.routes[0].points[0], document.waypoints[0]):
        assert (point.longitude, point.latitude) == pytest.approx(there[0], abs=1e-9)
    assert document.name == f"走访1 · {datum}"
    assert document.keywords == datum


def test_a_round_is_shifted_and_keeps_its_four_decimals():
    corners = [tuple(point) for point in TRACK]
    document = gpxpy.parse(corners_gpx("岗位1", "", Waypoint(*HERE, "路口"), corners, datum="GCJ-02"))
    there = np.round(np.column_stack(from_wgs84(*TRACK.T, "GCJ-02")), 4)
    assert np.array([(p.longitude, p.latitude) for p in document.routes[0].points]) == pytest.approx(there, abs=1e-9)
    assert gpxpy.parse(corners_gpx("岗位1", "", Waypoint(*HERE, "路口"), [], datum="BD-09")).routes == []


def test_unshifted_files_name_their_datum_too():
    document = gpxpy.parse(route_gpx("Walk 1", "", [Waypoint(*HERE, "x")], TRACK))
    assert (document.name, document.keywords) == ("Walk 1", "WGS 84")
    assert document.tracks[0].segments[0].points[0].longitude == 117.46


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_datum_has_its_sentence(language):
    t = Translator(language)
    said = {PhoneDatum(key, True).sentence(t) for key in PHONE_DATUMS} | {PhoneDatum().sentence(t)}
    assert len(said) == 4
    assert all(PhoneDatum(key, True).name in PhoneDatum(key, True).sentence(t) for key in PHONE_DATUMS)


@pytest.mark.parametrize(("wanted", "key"), [("gcj-02", "gcj-02"), ("GCJ02", "gcj-02"), ("百度坐标", "bd-09"),
                                             ("WGS-84", "wgs-84"), ("wgs84", "wgs-84")])  # fmt: skip
def test_datums_are_told_however_they_are_written(wanted, key):
    assert phone_datum(wanted, np.array([117.46]), np.array([31.17])) == PhoneDatum(key, True)


def test_other_words_and_other_countries_are_refused():
    with pytest.raises(InputError, match="'nad27' is no datum of phone files") as caught:
        phone_datum("nad27", np.array([117.46]), np.array([31.17]))
    assert "wgs-84, gcj-02, bd-09" in str(caught.value)
    for lon, lat in ((-75.1, 40.0), (121.56, 25.04)):
        with pytest.raises(InputError, match="lies where maps are not shifted") as caught:
            phone_datum("gcj-02", np.array([lon]), np.array([lat]))
        assert "不能写成 GCJ-02" in Translator("zh").error(caught.value)
        assert phone_datum("wgs-84", np.array([lon]), np.array([lat])) == PhoneDatum("wgs-84", False)
