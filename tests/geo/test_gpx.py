import gpxpy
import numpy as np

from geo.gpx import Waypoint, corners_gpx, route_gpx

START = Waypoint(-75.16, 39.95, "Station <1>", symbol="Flag")
STOPS = [Waypoint(-75.161234567, 39.951, "1 柳荫里 & co", "噪音"), Waypoint(-75.17, 39.96, "2")]
TRACK = np.array([(-75.16, 39.95), (-75.165, 39.955), (-75.17, 39.96), (-75.16, 39.95)])


def test_a_route_reads_back_with_its_stops_in_order_and_its_line():
    document = gpxpy.parse(route_gpx("Walk 1", "WGS 84", [START, *STOPS, START], TRACK))
    names = [point.name for point in document.routes[0].points]
    assert names == ["Station <1>", "1 柳荫里 & co", "2", "Station <1>"]
    assert [w.name for w in document.waypoints] == ["Station <1>", "1 柳荫里 & co", "2"]
    track = document.tracks[0].segments[0].points
    assert [(p.longitude, p.latitude) for p in track] == [tuple(row) for row in TRACK]
    assert document.routes[0].points[1].longitude == -75.161235


def test_a_route_has_no_time_and_is_the_same_text_each_time():
    text = route_gpx("Walk 1", "WGS 84", [START, *STOPS, START], TRACK)
    assert "<time>" not in text
    assert text == route_gpx("Walk 1", "WGS 84", [START, *STOPS, START], TRACK)


def test_the_datum_is_said():
    document = gpxpy.parse(route_gpx("Walk 1", "WGS 84 (EPSG:4326)", [START], TRACK[:0]))
    assert "WGS 84" in document.description


def test_a_round_names_crossings_with_four_decimals_and_has_no_track():
    corners = [(-75.123456, 39.987654), (-75.2, 39.9), (-75.123456, 39.987654)]
    text = corners_gpx("Post 1", "WGS 84", Waypoint(*corners[0], "Mill at Main", "Bicycle theft", "Flag"), corners)
    document = gpxpy.parse(text)
    assert [(p.longitude, p.latitude) for p in document.routes[0].points] == [
        (-75.1235, 39.9877), (-75.2, 39.9), (-75.1235, 39.9877),
    ]  # fmt: skip
    assert [(w.name, w.longitude) for w in document.waypoints] == [("Mill at Main", -75.1235)]
    assert document.tracks == []
    assert "<time>" not in text
    assert not gpxpy.parse(corners_gpx("Post 1", "", START, [])).routes
