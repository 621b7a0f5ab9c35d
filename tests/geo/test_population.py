"""People joined to neighborhoods by key, name, code, point and polygon: sums worked by hand, every doubt told."""

# ruff: noqa: E501  (tables of cases read better in long lines)

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, box

from geo.errors import InputError
from geo.neighborhoods import read_neighborhoods
from geo.population import join_people
from geo.population_file import parse_people
from geo.report import Finding


def units(ids=("101", "102", "103"), names=("东村", "西村", "南村"), parents=None, **columns):
    """Squares of a tenth of a degree side by side on the equator."""
    return gpd.GeoDataFrame(
        {
            "neighborhood_id": list(ids), "name": list(names), "name_en": [""] * len(ids),
            "population": np.nan, "households": np.nan, "parent_id": list(parents or [None] * len(ids)),
            "aliases": [""] * len(ids), **columns,
        },
        geometry=[box(i / 10, 0, (i + 1) / 10, 0.1) for i in range(len(ids))], crs=4326,
    )  # fmt: skip


def join(folder, text, frame=None, name="people.csv"):
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    joined, findings = join_people(units() if frame is None else frame, path)
    return joined, {finding.code: finding for finding in findings}


def test_a_table_with_ids_gives_people_and_households(tmp_path):
    joined, told = join(tmp_path, "code,population,households\n101,1200,400\n103,900,310\n102,50,20\n")
    assert joined["population"].tolist() == [1200, 50, 900]
    assert joined["households"].tolist() == [400, 20, 310]
    assert told["population.joined"].facts["by"] == "code"
    assert set(told) == {"population.joined"}


@pytest.mark.parametrize(
    "text",
    [
        "社区,常住人口\n东村,1200\n 西 村,50\n南村,\"1,300\"\n",
        "编号;人口\n0101;1200\n102.0;５０\n103;1300人\n",
        "名称\t总人口\t人口密度\n东村\t0.12万\t9\n西村\t50\t9\n南村\t1 300\t9\n",
    ],
)  # fmt: skip
def test_names_and_numbers_in_any_dress(tmp_path, text):
    joined, _ = join(tmp_path, text)
    assert joined["population"].tolist() == [1200, 50, 1300]


def test_older_names_are_names_too(tmp_path):
    frame = units(aliases=["老东村;东庄", "", ""])
    joined, _ = join(tmp_path, "村,人口\n东庄,7\n西村,8\n南村,9\n", frame)
    assert joined["population"].tolist() == [7, 8, 9]


def test_several_rows_of_a_unit_are_added_up_and_totals_are_not(tmp_path):
    rows = [
        f"{unit},{age},{n}"
        for unit in (101, 102)
        for age, n in (("0-17", 10), ("18-64", 20), ("65+", 5), ("Total", 35))
    ]
    joined, told = join(tmp_path, "id,age,persons\n" + "\n".join(rows) + "\n103,Total,40\nTotal,Total,110\n")
    assert joined["population"].tolist() == [35, 35, 40]  # 103 has a total alone, which then counts
    assert told["population.totals"].rows == 3
    assert told["population.summed"].facts["most"] == 3


def test_of_several_years_the_latest_counts(tmp_path):
    joined, told = join(tmp_path, "id,year,population\n101,2010,1\n101,2020,7\n102,2010,1\n102,2020,8\n103,2020,9\n")
    assert joined["population"].tolist() == [7, 8, 9]
    assert told["population.latest"].facts["year"] == 2020


def test_of_several_columns_the_latest_whole_one_counts(tmp_path):
    text = "id,pop 2000,pop 2010,male population 2010,population change\n101,1,7,3,6\n102,1,8,4,7\n103,1,9,4,8\n"
    assert join(tmp_path, text)[0]["population"].tolist() == [7, 8, 9]


def test_men_and_women_are_added_where_no_column_has_both(tmp_path):
    joined, told = join(tmp_path, "村,男性人口,女性人口\n东村,3,4\n西村,1,1\n南村,2,3\n")
    assert joined["population"].tolist() == [7, 2, 5]
    assert told["population.joined"].facts["column"] == "男性人口 + 女性人口"


def test_codes_that_begin_with_an_id_are_summed(tmp_path):
    text = "block,population\n101001,5\n101002,6\n102001,7\n103001,8\n103009,1\n"
    joined, told = join(tmp_path, text)
    assert joined["population"].tolist() == [11, 7, 9]
    assert told["population.prefix"].facts["length"] == 3


def test_a_name_of_two_units_is_told_by_the_unit_above(tmp_path):
    frame = units(names=("新村", "新村", "南村"), parents=("东区", "西区", "西区"))
    joined, told = join(tmp_path, "区,村,人口\n西区,新村,5\n东区,新村,6\n西区,南村,7\n", frame)
    assert joined["population"].tolist() == [6, 5, 7]
    assert "population.ambiguous" not in told


def test_a_name_of_two_units_without_more_is_left_out_and_told(tmp_path):
    frame = units(names=("新村", "新村", "南村"))
    joined, told = join(tmp_path, "村,人口\n新村,5\n南村,7\n", frame)
    assert joined["population"].isna().tolist() == [True, True, False]
    assert told["population.ambiguous"].facts["theirs"] == "新村"
    assert told["population.missing"].rows == 2


def test_units_above_have_the_sum_of_their_parts_or_their_own(tmp_path):
    frame = units(("S", "101", "102"), ("站", "东村", "西村"), (None, "S", "S"))
    frame.geometry = [box(0, 0, 0.2, 0.1), box(0, 0, 0.1, 0.1), box(0.1, 0, 0.2, 0.1)]
    joined, told = join(tmp_path, "村,人口\n东村,5\n西村,7\n", frame)
    assert joined["population"].tolist() == [12, 5, 7]
    assert told["population.above"].rows == 1
    joined, _ = join(tmp_path, "村,人口\n东村,5\n西村,7\n站,15\n", frame)
    assert joined["population"].tolist() == [15, 5, 7]


def test_rows_that_are_wrong_or_name_nothing_are_told(tmp_path):
    text = "村,人口\n东村,5\n东村,5\n西村,-3\n南村,未知\n北村,9\n"
    joined, told = join(tmp_path, text)
    assert joined["population"].tolist()[0] == 5
    assert joined["population"].isna().tolist() == [False, True, True]
    assert (told["population.repeats"].rows, told["population.repeats"].example_row) == (1, 3)
    assert (told["population.negative"].example_row, told["population.negative"].facts["value"]) == (4, "-3")
    assert told["population.unreadable"].example_row == 5
    assert told["population.unmatched"].facts["theirs"] == "北村"
    assert told["population.missing"].facts["names"] == "西村, 南村"


def test_a_table_that_matches_less_than_half_says_so(tmp_path):
    _, told = join(tmp_path, "村,人口\n东村,5\n甲村,5\n乙村,6\n")
    half = told["population.half"].facts
    assert (half["matched"], half["units"], half["theirs"], half["ours"]) == (1, 3, "甲村, 乙村", "西村, 南村")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("村,人口\n甲村,5\n乙村,6\n丙村,7\n丁村,8\n", r"in 村: 甲村, 乙村, 丙村; the neighborhoods are: 101 东村; 102 西村; 103 南村"),
        ("村,人口\n东村,0\n西村,0\n", "人口 sums to nothing in the neighborhoods: 2 rows matched"),
        ("村,面积\n东村,大\n西村,小\n", "no column of people or households among 村, 面积"),
        ("lon,lat,population\n10,50,3\n11,50,4\n", r"none of its 2 places lies in a neighborhood \(the first at 10.0000, 50.0000\)"),
    ],
)  # fmt: skip
def test_files_that_bring_nobody_end_in_a_sentence(tmp_path, text, words):
    with pytest.raises(InputError, match=words):
        join(tmp_path, text)


def test_points_count_where_they_lie(tmp_path):
    text = "block,longitude,latitude,population\n1,0.05,0.05,10\n2,0.06,0.05,20\n3,0.15,0.05,5\n4,5,5,65\n"
    joined, told = join(tmp_path, text)
    assert joined["population"].tolist()[:2] == [30, 5]
    assert np.isnan(joined["population"][2])
    assert told["population.points"].facts["sum"] == 35
    assert told["population.outside"].facts["share"] == 0.65


def test_polygons_are_shared_out_by_area(tmp_path):
    # The one lies half in the first unit and half in the second, the other wholly in the third, the last elsewhere.
    tracts = gpd.GeoDataFrame(
        {"geoid": ["a", "b", "c"], "total_pop": [1000, 300, 200]},
        geometry=[box(0.05, 0, 0.15, 0.1), box(0.2, 0, 0.3, 0.1), box(1, 0, 1.1, 0.1)], crs=4326,
    )  # fmt: skip
    tracts.to_crs(3857).to_file(tmp_path / "tracts.gpkg")
    joined, findings = join_people(units(), tmp_path / "tracts.gpkg")
    told = {finding.code: finding for finding in findings}
    assert joined["population"].tolist() == pytest.approx([500, 500, 300], abs=0.2)
    assert told["population.apportioned"].facts["sum"] == pytest.approx(1300, abs=0.2)
    assert told["population.partly"].facts["share"] == pytest.approx(0.5, abs=0.001)
    assert told["population.outside"].facts["sum"] == pytest.approx(200, abs=0.2)


@given(
    st.lists(st.tuples(st.floats(0.001, 0.299), st.floats(0.001, 0.099), st.integers(1, 999)), min_size=1, max_size=20)
)
def test_points_inside_keep_their_sum(tmp_path_factory, rows):
    frame = pd.DataFrame(rows, columns=["lon", "lat", "population"])
    path = tmp_path_factory.mktemp("people") / "p.csv"
    frame.drop_duplicates().to_csv(path, index=False)
    joined, _ = join_people(units(), path)
    assert joined["population"].sum() == frame.drop_duplicates()["population"].sum()


@pytest.mark.parametrize("ending", ["xlsx", "parquet", "geojson", "gpkg"])
def test_every_kind_of_file_brings_the_same_people(tmp_path, ending):
    rows = pd.DataFrame({"村": ["东村", "西村", "南村"], "人口": [5, 6, 7], "户数": [2, 3, 4]})
    path = tmp_path / f"people.{ending}"
    if ending == "xlsx":
        rows.to_excel(path, index=False)
    elif ending == "parquet":
        rows.to_parquet(path)
    else:
        # The key comes before the ground, even where the points lie in other units.
        gpd.GeoDataFrame(rows, geometry=[Point(0.05, 0.05)] * 3, crs=4326).to_file(path)
    joined, _ = join_people(units(), path)
    assert joined["population"].tolist() == [5, 6, 7]
    assert joined["households"].tolist() == [2, 3, 4]


def test_numbers_of_people_are_read_as_they_are_written():
    texts = pd.Series(["1,234", "1 234", "１２３４", "1234人", "1.2万", "", None, "x", "12-14", "1e3"], dtype=object)
    assert parse_people(texts).tolist()[:5] == [1234, 1234, 1234, 1234, 12_000]
    assert np.isnan(parse_people(texts)[5:9]).all()
    assert parse_people(texts)[9] == 1000


@pytest.mark.open_data
@pytest.mark.parametrize(
    ("polygons", "people", "code", "total"),
    [
        ("memphis/precincts.geojson", "memphis/population_block_centroids_2020.csv.gz", "population.points", 634_545),
        ("philadelphia/neighborhoods.geojson", "philadelphia/census_tracts_population.geojson", "population.apportioned", 1_581_418),
        ("newcastle/lsoa_2011.geojson", "newcastle/lsoa_2011.geojson", "population.joined", 681_192),
        ("chicago/community_areas_population.geojson", "chicago/community_areas_population.geojson", "population.joined", 2_695_598),
    ],
)  # fmt: skip
def test_real_people(open_data, polygons, people, code, total):
    frame, _ = read_neighborhoods(open_data / polygons)
    joined, findings = join_people(frame, open_data / people)
    assert code in {finding.code for finding in findings}
    assert joined["population"].sum() == pytest.approx(total, abs=1)


@pytest.mark.open_data
def test_real_blocks_lie_where_geopandas_says(open_data):
    frame, _ = read_neighborhoods(open_data / "memphis" / "precincts.geojson")
    path = open_data / "memphis" / "population_block_centroids_2020.csv.gz"
    joined, _ = join_people(frame, path)
    rows = pd.read_csv(path)
    points = gpd.GeoDataFrame(rows, geometry=gpd.points_from_xy(rows["longitude"], rows["latitude"]), crs=4326)
    sums = gpd.sjoin(points, frame[["neighborhood_id", "geometry"]]).groupby("neighborhood_id")["population"].sum()
    assert joined.set_index("neighborhood_id")["population"].to_dict() == sums.astype(float).to_dict()


def test_a_finding_is_a_finding(tmp_path):
    _, told = join(tmp_path, "村,人口\n东村,5\n西村,1\n南村,2\n")
    assert all(isinstance(one, Finding) and {"n", "row"} <= set(one.facts) for one in told.values())
