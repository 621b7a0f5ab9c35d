"""Forecast and backtest of a small workspace by the command line: a wrong question gets a sentence in both tongues."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from cli import app

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


def workspace_of(root: Path, rows: list[dict]) -> Path:
    """A workspace of the sample's ground and these rows."""
    file = root / "rows.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, ["id", "time", "category", "lon", "lat", "reported_by"])
        writer.writeheader()
        writer.writerows(rows)
    ground = f"--neighborhoods={SAMPLE / 'neighborhoods.geojson'}"
    result = CliRunner().invoke(app, ["import", "-w", str(root / "ws"), ground, str(file)])
    assert result.exit_code == 0, result.output
    return root / "ws"


def thefts(n: int, days: range, seed: int = 0) -> list[dict]:
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(np.array(days), n))
    return [
        {
            "id": f"t{k}", "time": f"{np.datetime64('2026-11-01') - int(day)} 1{k % 10}:30", "category": "theft",
            "lon": 117.452 + rng.normal(0, 0.004), "lat": 31.169 + rng.normal(0, 0.004),
            "reported_by": "patrol" if k % 5 == 0 else "resident",
        }
        for k, day in enumerate(chosen)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def holed(tmp_path_factory):
    """One category; a year of one event a day, a month of it missing."""
    days = [day for day in range(1, 366) if not 60 <= day < 91]
    return workspace_of(tmp_path_factory.mktemp("holed"), thefts(360, days))


@pytest.fixture(scope="module")
def village(tmp_path_factory):
    return workspace_of(tmp_path_factory.mktemp("village"), thefts(12, range(1, 300)))


def ask(root: Path, *words: str, lang: str = "zh") -> dict:
    result = CliRunner().invoke(app, [words[0], "-w", str(root), *words[1:], "--lang", lang, "--json"])
    answer = json.loads(result.stdout)
    assert result.exit_code == (1 if "error" in answer else 0), result.output
    return answer


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (["forecast", "--days", "5000"], "forecast.too_short"),
        (["forecast", "--days", "7", "--as-of", "2028-01-01"], "forecast.as_of_outside"),
        (["forecast", "--days", "7", "--as-of", "2019-01-01"], "forecast.no_history"),
        (["backtest", "--as-of", "2028-01-01"], "backtest.as_of_outside"),
        (["backtest", "--days", "200"], "backtest.too_short"),
        (["backtest", "--windows", "12"], "backtest.missing_days"),
    ],
)
def test_what_cannot_be_told_gets_its_sentence_in_both_languages(holed, words, key):
    chinese, english = (ask(holed, *words, lang=lang)["error"] for lang in ("zh", "en"))
    assert chinese["key"] == english["key"] == key
    assert chinese["message"] != english["message"]
    assert "{" not in chinese["message"] + english["message"]


def test_too_few_events_are_not_scored_and_a_forecast_says_how_little_it_rests_on(village):
    assert ask(village, "backtest")["error"]["key"] == "backtest.too_few"
    assert "12 起" in said(village, "forecast", "--days", "7")


def test_one_category_only_says_what_follows_from_it(holed):
    assert "只有一类事件" in said(holed, "forecast", "--days", "7")
    assert "Only one kind of event" in said(holed, "forecast", "--days", "7", lang="en")


def test_records_of_patrols_can_be_left_out(holed):
    whole, part = (ask(holed, "forecast", "--days", "28", *more)["total"] for more in ([], ["--residents-only"]))
    assert part / whole == pytest.approx(0.8, abs=0.08)
    assert "72 条" in said(holed, "forecast", "--days", "28", "--residents-only")


def said(root: Path, *words: str, lang: str = "zh") -> str:
    result = CliRunner().invoke(app, [words[0], "-w", str(root), *words[1:], "--lang", lang])
    assert result.exit_code == 0, result.output
    return result.stdout
