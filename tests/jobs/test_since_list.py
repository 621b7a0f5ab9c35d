"""An earlier list in any kind it was written in is compared by the ids of places; nothing else is taken for a list."""

import pandas as pd
import pytest

from analysis.list_changes import compare_lists
from geo.earlier_list import read_earlier_list
from geo.errors import InputError
from jobs.dataset import load_dataset
from jobs.demo import make_sample
from jobs.hotspots import hotspot_list, write_hotspots
from jobs.since_list import since_list
from views.i18n import Translator

T = Translator("en")

# A whole sample city: `make test` has it, `make check` leaves it out.
pytestmark = pytest.mark.slow


def listed(ids: str) -> pd.DataFrame:
    return pd.DataFrame({"hotspot_id": list(ids), "rank": range(1, len(ids) + 1)})


def test_what_entered_left_and_stayed_is_told_by_id():
    changes = compare_lists(listed("CAD"), listed("ABC"))
    assert changes.entered["hotspot_id"].tolist() == ["D"]
    assert changes.left[["hotspot_id", "rank"]].to_numpy().tolist() == [["B", 2]]
    assert changes.stayed.to_numpy().tolist() == [["C", 1, 3], ["A", 2, 1]]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    make_sample(folder, T)
    return load_dataset(folder)


@pytest.mark.parametrize("ending", ["csv", "xlsx", "geojson", "gpkg", "kml", "parquet"])
def test_every_kind_of_export_comes_back(dataset, tmp_path, ending):
    answer = hotspot_list(dataset)
    write_hotspots(answer, dataset, tmp_path / f"list.{ending}", T)
    before = read_earlier_list(tmp_path / f"list.{ending}")
    assert before["hotspot_id"].tolist() == answer.hotspots["hotspot_id"].tolist()
    assert before["rank"].tolist() == answer.hotspots["rank"].tolist()
    told = since_list(answer, dataset, tmp_path / f"list.{ending}", dataset.as_of, T)
    assert (told.facts["entered"], told.facts["left"]) == ([], [])
    assert len(told.facts["stayed"]) == len(before)


def test_a_place_that_left_says_what_is_there_now(dataset, tmp_path):
    answer = hotspot_list(dataset)
    kept = answer.hotspots.iloc[0]
    text = f"hotspot_id,rank,place,lon,lat\n{kept['hotspot_id']},4,Here,,\nH1-2,1,Mill Road,117.46,31.17\nH3-4,2,,,\n"
    (tmp_path / "old.csv").write_text(text, encoding="utf-8")
    told = since_list(answer, dataset, tmp_path / "old.csv", dataset.as_of, T)
    gone = {row["hotspot_id"]: row for row in told.facts["left"]}
    assert gone["H1-2"]["rank_before"] == 1
    assert gone["H1-2"]["events_now"] >= 0
    assert gone["H3-4"]["events_now"] is None
    assert told.facts["stayed"] == [{"hotspot_id": kept["hotspot_id"], "rank": 1, "rank_before": 4}]
    assert len(told.facts["entered"]) == len(answer.hotspots) - 1
    assert any("Mill Road" in line and "no longer listed" in line for line in told.lines)


def test_another_file_is_refused_with_its_columns(dataset, tmp_path):
    (tmp_path / "points.csv").write_text("lon,lat,date\n1,2,2026-01-01\n", encoding="utf-8")
    with pytest.raises(InputError, match="no column hotspot_id"):
        read_earlier_list(tmp_path / "points.csv")
