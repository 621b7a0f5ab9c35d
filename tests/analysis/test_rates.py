"""Rates against the published example, an independent implementation, and laws that any such estimate obeys."""

import geopandas as gpd
import numpy as np
import pytest

from analysis.rates import steady_rates
from geo.errors import InputError

EVENTS = np.array([0.0, 3, 12, 7, 40, 2])
PEOPLE = np.array([120.0, 900, 4000, 2500, 9000, 60])


@pytest.mark.open_data
def test_the_published_rates_of_infant_deaths(open_data):
    counties = gpd.read_file(open_data / "peers" / "sids2.gpkg")
    rates = steady_rates(counties["SID74"], counties["BIR74"])["rate"]
    assert rates.head(5).round(7).tolist() == [0.0016973, 0.0017054, 0.0017731, 0.0020129, 0.0035349]


def test_it_agrees_with_an_independent_implementation():
    from esda.smoothing import Empirical_Bayes

    rates = steady_rates(EVENTS, PEOPLE)
    other = Empirical_Bayes(EVENTS[:, None], PEOPLE[:, None]).r.ravel()
    assert rates["rate"].to_numpy() == pytest.approx(other, rel=1e-12)


def test_local_rates_agree_with_an_independent_implementation():
    from esda.smoothing import Spatial_Empirical_Bayes
    from libpysal.weights import W

    rng = np.random.default_rng(1)
    people = rng.uniform(500, 5000, 12)
    events = rng.poisson(people * rng.gamma(2, 0.005, 12)).astype(float)
    ring = np.array([(i, (i + 1) % 12) for i in range(12)])
    rates = steady_rates(events, people, ring)
    weights = W({i: [(i - 1) % 12, (i + 1) % 12] for i in range(12)}, id_order=list(range(12)))
    other = Spatial_Empirical_Bayes(events[:, None], people[:, None], weights).r.ravel()
    # Where the surroundings differ no more than chance, the other one keeps its mean as well.
    assert rates["rate"].to_numpy() == pytest.approx(other, rel=1e-9)


def test_a_rate_lies_between_the_raw_one_and_the_mean_and_within_its_range():
    rates = steady_rates(EVENTS, PEOPLE)
    mean = EVENTS.sum() / PEOPLE.sum()
    low, high = np.minimum(rates["raw"], mean), np.maximum(rates["raw"], mean)
    assert (rates["rate"] >= low - 1e-15).all()
    assert (rates["rate"] <= high + 1e-15).all()
    assert (rates["low"] < rates["rate"]).all()
    assert (rates["rate"] < rates["high"]).all()
    # The little that rests on 60 people is drawn nearer to the mean than what rests on 9,000.
    pull = (rates["raw"] - rates["rate"]).abs() / (rates["raw"] - mean).abs()
    assert pull[5] > pull[4]


def test_the_range_holds_nine_in_ten():
    rng = np.random.default_rng(2)
    people = rng.uniform(200, 6000, 4000)
    true = rng.gamma(4, 0.002, 4000)
    rates = steady_rates(rng.poisson(people * true).astype(float), people)
    held = ((rates["low"] <= true) & (true <= rates["high"])).mean()
    assert 0.88 <= held <= 0.92


def test_units_that_differ_by_chance_alone_share_one_rate():
    rates = steady_rates(np.array([10.0, 10, 10]), np.array([1000.0, 1000, 1000]))
    assert rates["rate"].tolist() == pytest.approx([0.01] * 3)
    assert (rates["low"] < 0.01).all()


def test_few_expected_events_and_unknown_people_are_told():
    rates = steady_rates(EVENTS, np.append(PEOPLE[:-1], np.nan))
    assert np.isnan(rates["rate"].iloc[-1])
    assert not rates["enough"].iloc[0]
    assert rates["enough"].iloc[4]
    assert rates["enough"].dtype == bool


def test_nobody_and_nothing_are_one_sentence():
    with pytest.raises(InputError, match="No neighborhood has residents"):
        steady_rates(EVENTS, np.zeros(6))
    with pytest.raises(InputError, match="Nothing happened"):
        steady_rates(np.zeros(6), PEOPLE)
