"""Releases of two real cities: Philadelphia 2022 and 2023 by month; Newcastle by wards, without January 2022."""

import pytest

from geo.releases import stored
from geo.settings import Settings
from geo.workspace import Workspace
from jobs.dataset import load_dataset
from jobs.ground import read_grounds, store_grounds
from jobs.intake import IntakeOptions, import_events
from tests.attack.changes import ask_again, come_late, move_polygons
from tests.attack.cities import copied, months, release_all
from tests.attack.households import LEAST_SHARE, Remaker, try_doors, without
from tests.attack.recount import rows_of
from tests.attack.run import attack_releases

pytestmark = [pytest.mark.open_data, pytest.mark.slow]
# The bench aims at all: some 61 000 in Philadelphia, 18 000 in Newcastle.
COUNTS = 400


def imported(root, polygons, files):
    """A workspace of real records."""
    workspace = Workspace.create(root, Settings())
    store_grounds(root, read_grounds(workspace, {"neighborhoods": polygons}))
    import_events(root, files, IntakeOptions())
    return load_dataset(root)


@pytest.fixture(scope="module")
def philadelphia(open_data, tmp_path_factory):
    folder = open_data / "philadelphia"
    files = sorted(folder.glob("incidents_*.csv.gz"))
    return imported(tmp_path_factory.mktemp("philadelphia") / "w", folder / "neighborhoods.geojson", files)


@pytest.fixture(scope="module")
def newcastle(open_data, tmp_path_factory):
    folder = open_data / "newcastle"
    files = [folder / "street_crime_2020-05_2022-06.csv.gz"]
    return imported(tmp_path_factory.mktemp("newcastle") / "w", folder / "wards_2013.geojson", files)


def attacked(dataset, periods, *, missing=()):
    """Release all but two periods; let rows come late and polygons move; release the rest; attack."""
    rows, cut = rows_of(dataset), len(periods) - 2
    made, refused = release_all(dataset, periods[:cut])
    assert refused == dict.fromkeys(missing, "release.missing")
    each = [rows] * len(made)
    for what, change in {"late rows": come_late, "moved polygons": move_polygons}.items():
        dataset = change(dataset)
        assert ask_again(dataset, what).all_hits == []
    made, refused = release_all(dataset, periods[cut:])
    assert refused == {}
    tally = attack_releases(stored(dataset.workspace), each + [rows_of(dataset)] * len(made), sample=COUNTS)
    print("\n".join([*tally.lines(), *tally.all_hits]))
    return tally


def test_doors_of_philadelphia_change_no_class(philadelphia, tmp_path):
    dataset = copied(philadelphia, tmp_path / "first")
    release_all(dataset, months("2022-01", 1))
    doors = try_doors(Remaker(dataset, tmp_path / "w"), months("2022-02", 3), without, most=20)
    assert doors.share >= LEAST_SHARE, doors


def test_no_attack_on_twenty_four_months_of_philadelphia_narrows_a_hidden_count(philadelphia):
    tally = attacked(philadelphia, months("2022-01", 24))
    assert tally.all_hits == []
    assert tally.attempts["differences of all pairs"] > 250_000


def test_no_attack_on_newcastle_narrows_a_hidden_count_and_months_give_no_quarters(newcastle):
    tally = attacked(newcastle, months("2020-07", 24), missing=["2022-01"])
    assert tally.all_hits == []
    released = stored(newcastle.workspace)
    assert len(released) == 23
    assert {figure.part for release in released for figure in release.figures} == {None}
