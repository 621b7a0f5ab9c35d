"""Rates stand beside the counts of the shown units, per what is known: residents, households, else street."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from jobs.dataset import load_dataset
from jobs.demo import make_sample
from jobs.overview import overview
from jobs.rates import neighborhood_rates
from views.i18n import Translator

# A whole sample city: `make test` has it, `make check` leaves it out.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    make_sample(folder, Translator("en"))
    return load_dataset(folder)


def without(dataset, *columns):
    return replace(dataset, neighborhoods=dataset.neighborhoods.assign(**dict.fromkeys(columns, np.nan)))


def test_the_overview_gives_each_count_its_rate(dataset):
    table = overview(dataset).neighborhoods
    assert overview(dataset).rate_per == "residents"
    people = dataset.shown_units.set_index("neighborhood_id")["population"].reindex(table.index)
    raw = table["now"] / people * 1000
    mean = table["now"].sum() / people.sum() * 1000
    inside = (table["rate"] >= np.minimum(raw, mean) * 0.5) & (table["rate"] <= np.maximum(raw, mean) * 2)
    assert inside.all()
    assert (table["low"] < table["rate"]).all()
    assert table["enough"].any()


def test_households_then_streets_stand_in_for_residents(dataset):
    counts = overview(dataset).neighborhoods["now"]
    assert neighborhood_rates(without(dataset, "population"), counts).per == "households"
    street = neighborhood_rates(without(dataset, "population", "households"), counts)
    assert street.per == "street_km"
    km = dataset.streets.loc[dataset.streets["walkable"], "length_m"].sum() / 1000
    # At the mean of all, what is expected adds up to what happened where streets are.
    assert street.table["expected"].sum() == pytest.approx(counts.reindex(street.table.index).fillna(0).sum())
    assert km > 0
    nothing = replace(without(dataset, "population", "households"), streets=None)
    assert neighborhood_rates(nothing, counts) is None


def test_nothing_happened_is_no_rate(dataset):
    assert neighborhood_rates(dataset, pd.Series(dtype=float)) is None
