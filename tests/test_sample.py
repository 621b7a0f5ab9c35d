"""The sample city is what its truth says: same seed, same bytes; units tile; streets join; planted places stand out."""

import io
import json
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from data.sample.generate import generate
from geo.settings import read_settings

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
CRS = "EPSG:32650"
AS_OF = pd.Timestamp("2026-11-22")
WINDOW = AS_OF - pd.Timedelta(days=28)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    generate(folder)
    return folder


@pytest.fixture(scope="module")
def truth() -> dict:
    return json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def units() -> gpd.GeoDataFrame:
    return gpd.read_file(SAMPLE / "neighborhoods.geojson")


@pytest.fixture(scope="module")
def streets() -> gpd.GeoDataFrame:
    return gpd.read_file(SAMPLE / "streets.geojson")


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    """The four event files with common column names: id, time, text, lon, lat."""
    incidents = pd.read_csv(SAMPLE / "incidents.csv", encoding="utf-8-sig", dtype={"报警人电话": "string"})
    disputes = pd.read_excel(SAMPLE / "disputes.xlsx", engine="calamine")
    hazards = pd.read_csv(SAMPLE / "hazards.csv", encoding="gb18030")
    reports = gpd.read_file(SAMPLE / "reports.geojson")
    reports = pd.DataFrame(reports.assign(lon=reports.geometry.x, lat=reports.geometry.y).drop(columns="geometry"))
    words = {
        "接警编号": "id", "登记编号": "id", "隐患编号": "id", "发生时间": "time", "上报时间": "time",
        "reported_at": "time", "警情类别": "text", "纠纷类型": "text", "隐患类型": "text", "type": "text",
        "经度": "lon", "纬度": "lat",
    }  # fmt: skip
    files = {"incidents.csv": incidents, "disputes.xlsx": disputes, "hazards.csv": hazards, "reports.geojson": reports}
    return {name: table.rename(columns=words) for name, table in files.items()}


@pytest.fixture(scope="module")
def rows(tables) -> pd.DataFrame:
    """All rows of all files with parsed local times and metres where there is a sound point."""
    parts = []
    for name, table in tables.items():
        text = table["time"].astype(str).str.slice(0, 16).str.replace("T", " ").str.replace("/", "-")
        time = pd.to_datetime(text, errors="coerce", format="mixed")
        parts.append(table[["id", "text", "lon", "lat"]].assign(file=name, start=time))
    together = pd.concat(parts, ignore_index=True)
    sound = together["lon"].between(117, 118) & together["lat"].between(31, 32)
    together = together[sound & (together["start"] < AS_OF)].reset_index(drop=True)
    points = gpd.GeoSeries(gpd.points_from_xy(together["lon"], together["lat"]), crs="EPSG:4326").to_crs(CRS)
    return together.assign(x=points.x, y=points.y)


# --- the generator ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "neighborhoods.geojson", "streets.geojson", "land.geojson", "incidents.csv", "hazards.csv", "reports.geojson",
        "walkwatch.toml", "truth.json",
    ],
)  # fmt: skip
def test_the_same_seed_gives_the_committed_bytes(made, name):
    assert (made / name).read_bytes() == (SAMPLE / name).read_bytes()


def test_the_same_seed_gives_the_committed_workbook(made):
    # By member: another build of zlib may pack the same sheet differently.
    ours, committed = ((folder / "disputes.xlsx").read_bytes() for folder in (made, SAMPLE))
    first, second = zipfile.ZipFile(io.BytesIO(ours)), zipfile.ZipFile(io.BytesIO(committed))
    assert first.namelist() == second.namelist()
    assert all(first.read(member) == second.read(member) for member in first.namelist())


def test_another_seed_gives_another_city(made, tmp_path):
    generate(tmp_path, seed=7)
    assert (tmp_path / "streets.geojson").read_bytes() != (made / "streets.geojson").read_bytes()
    other = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert other["bridges"] == 5
    assert len(other["hotspots"]) == 10


def test_the_files_stay_small():
    assert sum(path.stat().st_size for path in SAMPLE.iterdir() if path.is_file()) < 2_000_000


# --- the ground ------------------------------------------------------------------------------------------------------


def test_children_tile_their_parents_exactly(units):
    geometry = units.set_index("neighborhood_id").geometry
    assert geometry.is_valid.all()
    for parent, children in units.dropna(subset="parent_id").groupby("parent_id"):
        assert shapely.coverage_is_valid(children.geometry.to_numpy())  # no gap, no overlap, same corners
        assert shapely.union_all(children.geometry).symmetric_difference(geometry[parent]).area == 0
        assert set(children["neighborhood_id"].str.slice(0, len(parent))) == {parent}


def test_population_and_households_add_up(units, truth):
    by_parent = units.groupby("parent_id")[["population", "households"]].sum()
    own = units.set_index("neighborhood_id")[["population", "households"]]
    pd.testing.assert_frame_equal(own.loc[by_parent.index], by_parent, check_names=False)
    assert (units["households"] <= units["population"]).all()
    assert (units["households"] > 0).all()
    small = units.loc[units["households"] < 50, "neighborhood_id"].tolist()
    assert small == truth["units"]["under_50_households"]
    assert len(small) == 1


def test_units_nest_in_three_levels(units, truth):
    leaf = ~units["neighborhood_id"].isin(units["parent_id"].dropna())
    assert leaf.sum() == truth["units"]["grids"]
    assert 36 <= leaf.sum() <= 44
    assert units["parent_id"].isna().sum() == 1
    assert (units["parent_id"] == "LX").sum() == 15
    assert units["name"].is_unique
    assert units["name_en"].is_unique
    assert (units.geometry.geom_type == "Polygon").all()


def street_pieces(streets: gpd.GeoDataFrame) -> pd.DataFrame:
    """Cut the lines at vertices they share: ends `a`, `b`, row of the street, length in degrees."""
    coordinates, owner = shapely.get_coordinates(streets.geometry, return_index=True)
    vertices = pd.DataFrame({"street": owner, "lon": coordinates[:, 0], "lat": coordinates[:, 1]})
    vertices["vertex"] = vertices.groupby(["lon", "lat"], sort=True).ngroup()
    first, last = ~vertices["street"].duplicated(), ~vertices["street"].duplicated(keep="last")
    shared = vertices["vertex"].duplicated(keep=False)
    nodes = vertices[first | last | shared]
    following = nodes.shift(-1)
    same = nodes["street"] == following["street"]
    return pd.DataFrame(
        {"street": nodes["street"][same], "a": nodes["vertex"][same], "b": following["vertex"][same].astype(int)}
    )


def test_the_streets_are_one_network(streets):
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pieces = street_pieces(streets)
    assert 900 <= len(pieces) <= 1500
    n = int(pieces[["a", "b"]].to_numpy().max()) + 1
    graph = coo_array((np.ones(len(pieces)), (pieces["a"], pieces["b"])), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    used = np.unique(pieces[["a", "b"]].to_numpy())
    assert len(set(label[used])) == 1


def test_only_the_five_bridges_cross_the_river(streets, truth):
    land = gpd.read_file(SAMPLE / "land.geojson")
    river = land.loc[land["name_en"] == "Liuxi River"].geometry.iloc[0]
    over = streets[streets.intersects(river)]
    assert over["bridge"].all()
    assert len(over) == truth["bridges"] == streets["bridge"].sum() == 5
    assert over["name"].nunique() == 5


def test_bridges_pass_over_the_river_path_without_joining_it(streets):
    path = streets[streets["name"] == "柳溪步道"]
    crossed = 0
    for bridge in streets[streets["bridge"]].geometry:
        crossed += path.intersects(bridge).any()
        vertices = set(map(tuple, shapely.get_coordinates(path.geometry)))
        assert not vertices & set(bridge.coords)
    assert crossed >= 2


def test_street_names_come_in_both_languages_and_some_lanes_have_none(streets):
    named = streets["name"].fillna("") != ""
    assert (named == (streets["name_en"].fillna("") != "")).all()
    assert set(streets.loc[~named, "road_class"]) == {"lane"}
    assert 30 < (~named).sum() < 0.5 * len(streets)
    assert streets.loc[named].groupby("name")["name_en"].nunique().eq(1).all()
    assert streets.loc[named].groupby("name_en")["name"].nunique().eq(1).all()
    assert set(streets["road_class"]) == {"ring", "primary", "secondary", "local", "lane"}


def test_blocks_have_the_size_of_blocks(streets, units):
    lines = streets.to_crs(CRS)
    city = units[units["parent_id"].isna()].to_crs(CRS).geometry.iloc[0]
    faces = shapely.get_parts(shapely.polygonize(list(shapely.get_parts(shapely.unary_union(lines.geometry)))))
    inside = faces[shapely.contains(city, shapely.point_on_surface(faces))]
    side = np.sqrt(shapely.area(inside))
    assert len(inside) > 250
    assert 90 < np.median(side) < 200


def test_land_is_water_parks_and_a_railway():
    land = gpd.read_file(SAMPLE / "land.geojson")
    assert set(land["kind"]) == {"water", "park", "rail"}
    assert land.geometry.is_valid.all()
    assert (land["kind"] == "park").sum() >= 5


def test_starts_lie_on_streets_and_the_settings_can_be_read(streets):
    settings = read_settings(SAMPLE)
    assert settings.station == "柳溪派出所"
    assert settings.timezone == "Asia/Shanghai"
    assert len(settings.starts) == 4
    points = gpd.GeoSeries([shapely.Point(s.lon, s.lat) for s in settings.starts], crs="EPSG:4326").to_crs(CRS)
    network = shapely.union_all(streets[~streets["bridge"]].to_crs(CRS).geometry)
    assert (points.distance(network) < 1.0).all()
    assert all(start.name and start.name_en for start in settings.starts)


# --- the events ------------------------------------------------------------------------------------------------------


def test_rows_and_faults_are_as_many_as_the_truth_says(tables, truth, units):
    area = units[units["parent_id"].isna()].geometry.iloc[0]
    for name, table in tables.items():
        answer = truth["answers"][name]
        faults = answer["faults"]
        assert len(table) == answer["rows"]
        assert table["lon"].isna().sum() == faults["no_coordinates"]
        assert (table["lon"] == 0).sum() == faults.get("zero_coordinates", 0)
        assert (table["lat"] > 90).sum() == faults.get("swapped_axes", 0)
        assert table.duplicated().sum() == faults.get("exact_repeats", 0)
        assert table["id"].duplicated().sum() == faults.get("exact_repeats", 0)
        sound = table["lon"].between(117, 118)
        outside = ~shapely.contains_xy(area, table["lon"][sound].to_numpy(), table["lat"][sound].to_numpy())
        assert outside.sum() == faults.get("outside_area", 0)
        assert answer["kept"] == answer["rows"] - answer["rejected"]
        assert answer["placed"] == answer["with_point"] - faults.get("outside_area", 0)
    text = pd.to_datetime(tables["incidents.csv"]["time"], errors="coerce", format="mixed").isna()
    assert text.sum() == truth["answers"]["incidents.csv"]["rejected"] == 3
    assert tables["incidents.csv"]["time"].str.startswith("2099").sum() == 1
    assert (tables["incidents.csv"]["text"] == truth["unknown_category"]).sum() == 12
    assert truth["answers"]["disputes.xlsx"]["rejected"] == 0


def test_every_file_has_its_own_encoding():
    assert (SAMPLE / "incidents.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with pytest.raises(UnicodeDecodeError):
        (SAMPLE / "hazards.csv").read_bytes().decode("utf-8")
    assert "隐患" in (SAMPLE / "hazards.csv").read_bytes().decode("gb18030")


def test_the_last_28_days_hold_what_the_pages_show(truth, rows):
    layer = rows["text"].map(truth["layer_of_category"])
    recent = layer[rows["start"] >= WINDOW].value_counts()
    assert 370 <= recent["incident"] <= 440
    assert 95 <= recent["dispute"] <= 125
    assert 45 <= recent["hazard"] <= 70
    assert truth["layers"]["dispute"]["last_28"] > 1.25 * truth["layers"]["dispute"]["year_before"]
    assert 12_000 <= sum(answer["rows"] for answer in truth["answers"].values()) <= 16_000


def test_planted_places_hold_the_rows_they_claim(truth, rows):
    recent = rows[rows["start"] >= WINDOW].drop_duplicates("id").set_index("id")
    for spot in truth["hotspots"]:
        centre = gpd.GeoSeries([shapely.Point(spot["lon"], spot["lat"])], crs="EPSG:4326").to_crs(CRS).iloc[0]
        own = recent.loc[spot["event_ids_last_28"]]
        assert len(own) == spot["extra_last_28"] == sum(spot["layers_last_28"].values())
        assert (np.hypot(own["x"] - centre.x, own["y"] - centre.y) <= spot["radius_m"]).all()
        assert own["text"].value_counts().to_dict() == spot["categories_last_28"]
        assert len(own[["lon", "lat"]].drop_duplicates()) == spot["distinct_points_last_28"]
        assert len(spot["streets"]) >= 2
        assert "家庭暴力" not in spot["categories_last_28"]


def test_strong_places_stand_out_and_faded_ones_do_not(truth, rows):
    from scipy.special import pdtrc

    recent = rows[rows["start"] >= WINDOW]
    year = rows[rows["start"] >= AS_OF - pd.Timedelta(days=365)]
    for spot in truth["hotspots"]:
        centre = gpd.GeoSeries([shapely.Point(spot["lon"], spot["lat"])], crs="EPSG:4326").to_crs(CRS).iloc[0]
        away = np.hypot(recent["x"] - centre.x, recent["y"] - centre.y)
        near, around = (away <= spot["radius_m"]).sum(), ((away > spot["radius_m"]) & (away <= 800)).sum()
        expected = around * spot["radius_m"] ** 2 / (800**2 - spot["radius_m"] ** 2)
        p_value = pdtrc(near - 1, expected) if near else 1.0  # the chance of as many or more
        if spot["kind"] in ("new", "persistent"):
            assert 9 <= spot["extra_last_28"] <= 16
            assert spot["distinct_points_last_28"] >= 3
            assert p_value < 1e-4, spot["key"]
        if spot["kind"] == "fading":
            assert spot["extra_last_28"] == 0
            assert p_value > 1e-3, spot["key"]
            before = (np.hypot(year["x"] - centre.x, year["y"] - centre.y) <= spot["radius_m"]).sum()
            assert before > 40
        if spot["kind"] == "weak":
            assert spot["extra_last_28"] <= 5


def test_planted_places_lie_apart(truth):
    points = gpd.GeoSeries([shapely.Point(s["lon"], s["lat"]) for s in truth["hotspots"]], crs="EPSG:4326").to_crs(CRS)
    distance = np.hypot(*(shapely.get_coordinates(points)[:, None] - shapely.get_coordinates(points)[None]).T)
    assert distance[~np.eye(len(points), dtype=bool)].min() > 400


def test_seasons_hours_and_weekdays_differ_by_category(rows):
    hour, month, weekday = rows["start"].dt.hour, rows["start"].dt.month, rows["start"].dt.day_of_week
    noise, fights, traffic = (rows["text"] == t for t in ("噪音扰民", "打架斗殴", "交通事故"))
    assert month[noise].between(6, 8).mean() > 1.5 * month[noise].isin([12, 1, 2]).mean()
    assert weekday[fights].isin([4, 5]).mean() > 0.45
    assert hour[traffic].isin([7, 8, 17, 18]).mean() > 0.35


def test_burglaries_repeat_nearby_more_than_chance(rows):
    burglaries = rows[(rows["text"] == "入室盗窃") & (rows["start"] < pd.Timestamp("2026-10-01"))]
    apart = np.hypot(*(burglaries[["x", "y"]].to_numpy()[:, None] - burglaries[["x", "y"]].to_numpy()[None]).T)
    days = burglaries["start"].to_numpy().astype("datetime64[m]").astype(float) / 1440
    lag = np.abs(days[:, None] - days[None])
    pairs = np.triu(np.ones_like(apart, dtype=bool), 1)
    near, soon = (apart <= 200) & pairs, (lag <= 14) & pairs
    assert (near & soon).sum() > 1.5 * near.sum() * soon.sum() / pairs.sum()


def test_open_matters_are_among_disputes_and_hazards(tables, truth):
    disputes, hazards = tables["disputes.xlsx"], tables["hazards.csv"]
    assert (disputes["调处状态"] == "调解中").sum() == truth["answers"]["disputes.xlsx"]["open"] > 10
    assert (hazards["整改状态"] == "未整改").sum() == truth["answers"]["hazards.csv"]["open"] > 5
    settled = disputes.dropna(subset=["办结时间"])
    assert (settled["办结时间"] > settled["登记时间"]).all()
    assert (disputes["登记时间"] < AS_OF).all()


def test_spans_days_counts_and_patrols_occur(tables, truth):
    incidents, answer = tables["incidents.csv"], truth["answers"]["incidents.csv"]
    assert incidents["结束时间"].notna().sum() == answer["spans"] > 500
    assert (incidents["time"].str.len() == 10).sum() == answer["day_only"] > 300
    assert incidents["起数"].sum() == answer["events"] > len(incidents)
    assert (incidents["警情来源"] == "巡逻发现").sum() == answer["patrol"] > 300
    spans = incidents.dropna(subset=["结束时间"])
    assert (pd.to_datetime(spans["结束时间"]) > pd.to_datetime(spans["time"])).all()
    assert pd.to_datetime(spans["结束时间"]).max() < AS_OF


def test_telephone_numbers_are_made_up_and_never_the_same_person(tables):
    phones = tables["incidents.csv"]["报警人电话"].dropna()
    assert phones.str.fullmatch(r"138000\d{5}").all()
    assert len(phones) > 1000
