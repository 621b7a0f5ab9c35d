"""What is listed exceeds chance, is small, keeps its name, and every figure recomputes from the rows."""

import numpy as np
import pandas as pd
import pytest
import shapely

from analysis.cells import make_grid
from analysis.exact import false_discovery
from analysis.forecast import forecast
from analysis.hotspots import find_hotspots, score_cells
from analysis.local_g import local_g
from analysis.place_facts import COLUMNS
from geo.errors import InputError
from tests.analysis.worlds import AS_OF, CRS, joined, make_events, planted, scattered, square_city
from views.i18n import Translator

GRID = square_city()


@pytest.fixture(scope="module")
def town() -> pd.DataFrame:
    """Two years at random; in the last four weeks thefts at (1050, 2050), quarrels and lamps at (3050, 750)."""
    rng = np.random.default_rng(21)
    quarrels = planted(rng, 9, 3050, 750, days=27)
    lamps = planted(rng, 6, 3050, 750, days=27)
    return joined(
        scattered(rng, 5840, days=730).assign(neighborhood_id="B"),
        planted(rng, 16, 1050, 2050, days=27).assign(neighborhood_id="A"),
        quarrels.assign(layer="dispute", category="dispute.noise", severity=2.0),
        lamps.assign(layer="hazard", category="hazard.lighting", severity=0.5, status="open"),
    )


@pytest.fixture(scope="module")
def answer(town):
    week = forecast(town, GRID, as_of=AS_OF, horizon_days=7)
    return find_hotspots(town, GRID, as_of=AS_OF, expected=week)


def test_the_planted_spots_are_listed_and_nothing_else(answer):
    spots = answer.hotspots
    assert len(spots) == 2
    for x, y in ((1050, 2050), (3050, 750)):
        assert np.hypot(spots["x"] - x, spots["y"] - y).min() < 40
    assert answer.tested == GRID.n_cells == 1600
    assert tuple(spots.columns) == COLUMNS
    assert spots["rank"].tolist() == [1, 2]


def test_every_figure_recomputes_from_the_rows_behind_it(answer, town):
    for place in answer.hotspots.to_dict("records"):
        rows = town.loc[answer.rows.index[answer.rows == place["hotspot_id"]]]
        assert place["events"] == rows["count"].sum() == len(rows)
        assert place["events_recent"] == (rows["event_start"] >= AS_OF - pd.Timedelta(14, "D")).sum()
        for layer, name in (("incident", "incidents"), ("dispute", "disputes"), ("hazard", "hazards")):
            assert place[name] == (rows["layer"] == layer).sum()
        assert place["harm"] == pytest.approx(rows["severity"].sum())
        assert dict(place["top_categories"]) == rows["category"].value_counts().head(3).to_dict()
        cells = answer.cells.set_index(
            (answer.cells["column"] + GRID.column0).astype(str) + "_" + (answer.cells["row"] + GRID.row0).astype(str)
        ).loc[place["cell_ids"]]
        assert place["expected_surroundings"] == pytest.approx(cells["background"].sum())
        assert place["p_value"] == cells["q_value"].min() <= 0.05
        assert place["gi_z"] == cells["gi_z"].max()
        inside = shapely.contains_xy(place["geometry"], rows["x"], rows["y"])
        assert inside.all()
        assert np.hypot(rows["x"] - place["x"], rows["y"] - place["y"]).max() <= place["radius_m"] <= 150
        assert dict(place["why"])["why.surroundings"]["n"] == place["events"]


def test_last_year_open_matters_and_the_neighborhood(answer, town):
    spots = answer.hotspots
    thefts, quarrels = spots[spots["hazards"] == 0].iloc[0], spots[spots["hazards"] > 0].iloc[0]
    assert thefts["neighborhood_id"] == "A"
    assert quarrels["layers"][:3] in (["incident", "dispute", "hazard"], ["dispute", "hazard"])
    open_rows = town[(town["status"] == "open") & town.index.isin(answer.rows.index)]
    assert quarrels["open_matters"] == len(open_rows) == 6
    assert dict(quarrels["why"])["why.open"] == {"n": 6, "days": (AS_OF - open_rows["event_start"].min()).days}
    end = AS_OF - pd.DateOffset(years=1)
    year = town[(town["event_start"] >= end - pd.DateOffset(days=28)) & (town["event_start"] < end)]
    ids = [f"{int(x // 100)}_{int(y // 100)}" for x, y in zip(year["x"], year["y"], strict=True)]
    assert thefts["events_last_year"] <= pd.Series(ids).isin(thefts["cell_ids"]).sum()
    assert thefts["trend"] in ("new", "growing")


def test_expected_next_is_the_forecast_of_its_cells(answer, town):
    week = forecast(town, GRID, as_of=AS_OF, horizon_days=7).cells
    ids = week["column"].astype(str) + "_" + week["row"].astype(str)
    for place in answer.hotspots.to_dict("records"):
        assert place["expected_next"] == pytest.approx(week.loc[ids.isin(place["cell_ids"]), "expected"].sum())
        assert place["expected_low"] <= place["expected_next"] <= place["expected_high"] + 1
        assert place["expected_next"] > 1  # four a week of late, hardly any before


def test_harm_ranks_but_does_not_list(town):
    grave = joined(town, make_events([2050.0], [3050.0], [3.0], severity=5000.0))
    spots = find_hotspots(grave, GRID, as_of=AS_OF).hotspots
    assert len(spots) == 2
    lamp_heavy = town.assign(severity=np.where(town["layer"] == "hazard", 500.0, 1.0))
    assert find_hotspots(lamp_heavy, GRID, as_of=AS_OF).hotspots["hazards"].iloc[0] == 6
    theft_heavy = town.assign(severity=np.where(town["layer"] == "incident", 500.0, 1.0))
    assert find_hotspots(theft_heavy, GRID, as_of=AS_OF).hotspots["hazards"].iloc[0] == 0


def test_a_spot_on_the_corner_of_four_cells_is_found():
    rng = np.random.default_rng(6)
    spot = planted(rng, 12, 2000, 2000, days=27, width=60)
    spots = find_hotspots(joined(scattered(rng, 2400, days=500), spot), GRID, as_of=AS_OF).hotspots
    assert len(spots) == 1
    assert spots["events"].iloc[0] >= 11
    assert len(spots["cell_ids"].iloc[0]) == 4


def test_what_may_not_be_listed_counts_nowhere(town):
    hidden = joined(town, planted(np.random.default_rng(1), 30, 2050, 3050, days=20).assign(category="assault.home"))
    assert len(find_hotspots(hidden, GRID, as_of=AS_OF).hotspots) == 3
    with_rule = find_hotspots(hidden, GRID, as_of=AS_OF, unlisted={"assault.home"})
    without = find_hotspots(town, GRID, as_of=AS_OF)
    pd.testing.assert_frame_equal(with_rule.cells, without.cells)
    assert with_rule.hotspots["hotspot_id"].tolist() == without.hotspots["hotspot_id"].tolist()


@pytest.mark.parametrize("points", [1, 2])
def test_fewer_than_three_points_are_no_hotspot(town, points):
    x = 2050.0 + 30.0 * (np.arange(40) % points)
    house = joined(town, make_events(x, 3050.0, np.linspace(1, 27, 40)))
    quiet = house[~((house["x"] // 100 == 20) & (house["y"] // 100 == 30) & (house["event_id"].astype(int) >= 40))]
    spots = find_hotspots(quiet, GRID, as_of=AS_OF).hotspots
    assert np.hypot(spots["x"] - 2050, spots["y"] - 3050).min() > 200


def test_points_known_only_to_a_district_make_no_place(town):
    vague = joined(town, planted(np.random.default_rng(1), 30, 2050, 3050, days=20).assign(precision="area"))
    assert len(find_hotspots(vague, GRID, as_of=AS_OF).hotspots) == 2


def test_nothing_of_as_of_or_later_is_used(town, answer):
    later = planted(np.random.default_rng(3), 40, 2050, 3050, days=20)
    later["event_start"] = later["event_end"] = AS_OF + pd.to_timedelta(np.arange(40), unit="h")
    unreported = planted(np.random.default_rng(4), 40, 2050, 3050, days=20).assign(reported_at=AS_OF)
    with_later = find_hotspots(joined(later, town, unreported), GRID, as_of=AS_OF)
    without = find_hotspots(town, GRID, as_of=AS_OF)
    pd.testing.assert_frame_equal(with_later.cells, without.cells, check_exact=True)
    assert with_later.hotspots["hotspot_id"].tolist() == without.hotspots["hotspot_id"].tolist()


def test_same_input_same_answer_whatever_the_order_of_rows(town):
    first = find_hotspots(town, GRID, as_of=AS_OF)
    second = find_hotspots(town.sample(frac=1, random_state=5), GRID, as_of=AS_OF)
    columns = ["hotspot_id", "rank", "events", "x", "y", "radius_m", "p_value", "why"]
    pd.testing.assert_frame_equal(first.hotspots[columns], second.hotspots[columns])
    assert first.rows.sort_index().equals(second.rows.sort_index())


def test_the_name_comes_from_the_place_alone(town, answer):
    week_later = town.copy()
    for name in ("event_start", "event_end"):
        week_later[name] = week_later[name] - pd.Timedelta(1, "D")
    assert set(find_hotspots(week_later, GRID, as_of=AS_OF).hotspots["hotspot_id"]) == set(
        answer.hotspots["hotspot_id"]
    )
    wider = make_grid(shapely.union(shapely.box(0, 0, 3999, 3999), shapely.box(-2000, -1000, -1, 3999)), 100.0, CRS)
    assert set(find_hotspots(town, wider, as_of=AS_OF).hotspots["hotspot_id"]) == set(answer.hotspots["hotspot_id"])
    for name, ids in zip(answer.hotspots["hotspot_id"], answer.hotspots["cell_ids"], strict=True):
        assert name.removeprefix("H").replace("-", "_") in ids


def test_a_random_map_lists_nothing(town):
    rng = np.random.default_rng(99)
    listed = sum(len(find_hotspots(scattered(rng, 1600, days=27.9), GRID, as_of=AS_OF).hotspots) > 0 for _ in range(30))
    assert listed <= 3


def test_a_hill_of_the_background_is_no_spot():
    rng = np.random.default_rng(7)
    listed = 0
    for _ in range(20):
        hill = rng.normal(2000, 800, (2, 1500)).clip(0, 3998)
        events = make_events(hill[0], hill[1], rng.uniform(0.1, 27.9, 1500))
        listed += len(find_hotspots(events, GRID, as_of=AS_OF).hotspots) > 0
    assert listed <= 2


def test_cells_no_event_was_ever_snapped_to_expect_nothing():
    # Every second column is never used: the others then hold twice as much as a mean over all ground lets expect.
    rng = np.random.default_rng(5)
    column, row = rng.integers(0, 20, 20_000) * 2, rng.integers(0, 40, 20_000)
    events = make_events(column * 100.0 + 50, row * 100.0 + rng.uniform(0, 99, 20_000), rng.uniform(0.1, 500, 20_000))
    answer = find_hotspots(events, GRID, as_of=AS_OF)
    used = answer.cells["column"] % 2 == 0
    assert answer.cells.loc[used, "background"].mean() == pytest.approx(
        answer.cells.loc[used, "count"].mean(), rel=0.05
    )
    assert (answer.cells.loc[~used, "background"] == 0).all()
    assert len(answer.hotspots) == 0


def test_the_cells_beside_the_list(answer, town):
    cells = answer.cells
    window = town[town["event_start"] >= AS_OF - pd.Timedelta(28, "D")]
    assert cells["count"].sum() == len(window)
    # Cells and squares of four are judged together: q lies above what the cells' best p alone would give.
    assert (cells["q_value"] >= false_discovery(cells["p_value"].to_numpy()) - 1e-12).all()
    # The 31 planted events are hot and thus no part of what is usual.
    assert cells["background"].sum() == pytest.approx(len(window) - 31, rel=0.03)
    counts = cells["count"].to_numpy().reshape(GRID.shape)
    assert cells["gi_z"].to_numpy() == pytest.approx(local_g(counts, GRID.study_area).ravel())
    assert (cells.loc[cells["count"] == 0, "p_value"] == 1).all()


def test_a_cell_is_not_its_own_surroundings_and_a_hot_one_is_nobodys():
    counts = np.zeros(GRID.shape)
    counts[20, 20] = 500

    def background(row: int, column: int, **rate: float) -> float:
        cells = score_cells(GRID, counts, counts, bandwidth=800, near_bandwidth=200, **rate)
        return cells[(cells["row"] == row) & (cells["column"] == column)]["background"].iloc[0]

    # A rate that no q falls below leaves the first pass without effect.
    assert background(20, 20, false_discovery_rate=-1.0) < 0.01 < 0.5 < background(20, 21, false_discovery_rate=-1.0)
    assert background(20, 21) < 0.01


def test_months_only_dates_are_not_called_fading(town):
    month = AS_OF.normalize() - pd.DateOffset(months=1)
    events = town[town["event_start"] >= month].copy()
    events["event_start"], events["event_end"] = month, AS_OF
    spots = find_hotspots(events, GRID, as_of=AS_OF).hotspots
    assert len(spots) == 2
    assert set(spots["trend"]) == {"persistent"}
    assert "why.recent" not in dict(spots["why"].iloc[0])
    assert spots["events_recent"].iloc[0] == round(spots["events"].iloc[0] * 14 / 31)


def test_without_polygons_the_list_is_by_counts_and_says_so(town):
    answer = find_hotspots(town, None, as_of=AS_OF, crs=CRS)
    assert answer.tested == 0
    assert answer.parameters["tested"] is False
    assert len(answer.cells) == 0
    assert answer.hotspots["reasons"].iloc[0] == ["count"]
    assert answer.hotspots["p_value"].isna().all()
    top = answer.hotspots.head(2)
    assert {round(x, -2) for x in top["x"]} <= {1000, 1100, 3000, 3100}
    assert answer.hotspots["radius_m"].max() <= 150


def test_nothing_beyond_chance_is_an_answer_of_the_same_shape(answer):
    quiet = find_hotspots(scattered(np.random.default_rng(1), 60, days=27), GRID, as_of=AS_OF)
    assert len(quiet.hotspots) == 0
    assert tuple(quiet.hotspots.columns) == COLUMNS
    assert quiet.hotspots.crs == answer.hotspots.crs
    assert quiet.tested == GRID.n_cells


def test_one_cell_and_one_point_are_no_trouble():
    cell = make_grid(shapely.box(10, 10, 90, 90), 100.0, CRS)
    events = make_events(np.linspace(10, 90, 30), 50.0, np.linspace(1, 27, 30))
    assert len(find_hotspots(events, cell, as_of=AS_OF).hotspots) == 0
    assert len(find_hotspots(make_events([50.0], [50.0], [3.0]), GRID, as_of=AS_OF).hotspots) == 0


def test_the_reasons_are_said_in_both_languages(answer):
    for language in ("zh", "en"):
        t = Translator(language)
        for why in answer.hotspots["why"]:
            for key, facts in why:
                assert t(
                    key, **{name: str(value) if isinstance(value, list) else value for name, value in facts.items()}
                )
        for word in ("new", "growing", "persistent", "fading"):
            assert t(f"trend.{word}")
    zh = Translator("zh")
    assert zh("why.surroundings", n=14, days=28, expected="2.1") == "28 天 14 起，照周边的水平只应有 2.1 起"


def test_bad_questions_are_answered_in_a_sentence(town):
    with pytest.raises(InputError, match="no events in the 28 days from 2030-05-04 to 2030-06-01; those") as caught:
        find_hotspots(town, GRID, as_of=AS_OF + pd.DateOffset(years=4))
    assert "已知事件" in Translator("zh").error(caught.value)
    with pytest.raises(InputError, match="Nothing is known before 2000"):
        find_hotspots(town, GRID, as_of=pd.Timestamp("2000-01-01", tz="Asia/Shanghai"))
    with pytest.raises(InputError, match="lies in the study area"):
        find_hotspots(town.assign(x=town["x"] + 1e6), GRID, as_of=AS_OF)
    with pytest.raises(InputError, match="`radius` must be above zero"):
        find_hotspots(town, GRID, as_of=AS_OF, radius=0)
    with pytest.raises(InputError, match="lacks the columns category"):
        find_hotspots(town.drop(columns="category"), GRID, as_of=AS_OF)


def test_a_quiet_month_inside_a_busy_city_is_an_answer():
    rng = np.random.default_rng(5)
    inside = scattered(rng, 300, days=365)
    inside = inside[inside["event_start"] < AS_OF - pd.DateOffset(days=30)]
    outside = scattered(rng, 300, days=28)
    events = joined(inside, outside.assign(x=outside["x"] + 50_000))
    answer = find_hotspots(events, GRID, as_of=AS_OF)
    assert answer.hotspots.empty
    assert answer.tested == GRID.n_cells
