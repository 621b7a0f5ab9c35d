"""The sample city's twenty-four releases of 28 days, with all that changes underneath between them."""

import pytest

from geo.releases import stored
from jobs.dataset import load_dataset
from jobs.demo import make_sample
from tests.attack.changes import CHANGES, ask_again, plant_unlisted
from tests.attack.cities import copied, last_periods, release_all
from tests.attack.households import LEAST_SHARE, Remaker, try_doors, twice, without
from tests.attack.recount import rows_of
from tests.attack.run import attack_releases
from views.i18n import Translator

pytestmark = pytest.mark.slow
# The bench aims at all some 25 000.
COUNTS = 6000


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """The sample city, nothing published."""
    return load_dataset(make_sample(tmp_path_factory.mktemp("sample") / "w", Translator("en")))


@pytest.fixture(scope="module")
def city(fresh, tmp_path_factory):
    """Twenty-two releases."""
    dataset = copied(fresh, tmp_path_factory.mktemp("city") / "w")
    periods = last_periods(dataset, 24)
    assert release_all(dataset, periods[:-2])[1] == {}
    return dataset, periods


def test_no_attack_on_twenty_four_releases_narrows_a_hidden_count(city, tmp_path):
    dataset, periods = city
    dataset = copied(dataset, tmp_path / "w")
    rows = [rows_of(dataset)] * 22
    for what, change in CHANGES.items():
        dataset = change(dataset)
        assert ask_again(dataset, what).all_hits == []
    assert release_all(dataset, periods[-2:])[1] == {}
    tally = attack_releases(stored(dataset.workspace), rows + [rows_of(dataset)] * 2, sample=COUNTS)
    print("\n".join(tally.lines()))
    assert tally.all_hits == []
    assert sum(tally.attempts.values()) > 200_000


def test_kinds_of_the_city_alone_change_nothing_below_it(city, tmp_path):
    dataset, periods = city
    assert plant_unlisted(dataset, periods[-2], tmp_path / "planted").all_hits == []


@pytest.mark.parametrize("change", [without, twice])
def test_one_households_events_change_no_class_for_nearly_all(fresh, tmp_path, change):
    periods = last_periods(fresh, 24)
    dataset = copied(fresh, tmp_path / "first")
    release_all(dataset, periods[:1])
    doors = try_doors(Remaker(dataset, tmp_path / "w"), periods[1:], change, most=120)
    print(doors, f"{doors.share:.1%} {doors.share_of_all():.2%}")
    assert doors.share_of_all() >= LEAST_SHARE
    assert doors.share >= LEAST_SHARE, doors
