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
    write_rows(file, rows)
    ground = f"--neighborhoods={SAMPLE / 'neighborhoods.geojson'}"
    result = CliRunner().invoke(app, ["import", "-w", str(root / "ws"), ground, str(file)])
    assert result.exit_code == 0, result.output
    return root / "ws"


def write_rows(file: Path, rows: list[dict]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, ["id", "time", "category", "lon", "lat", "reported_by"])
        writer.writeheader()
        writer.writerows(rows)


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
        (["backtest", "--windows", "300"], "backtest.too_many_windows"),
    ],
)
def test_what_cannot_be_told_gets_its_sentence_in_both_languages(holed, words, key):
    chinese, english = (ask(holed, *words, lang=lang)["error"] for lang in ("zh", "en"))
    assert chinese["key"] == english["key"] == key
    assert chinese["message"] != english["message"]
    assert "{" not in chinese["message"] + english["message"]


@pytest.mark.parametrize(("words", "key"), [
    (["forecast", "--days", "7"], "forecast.no_grid"), (["backtest"], "backtest.no_grid"),
])  # fmt: skip
def test_without_neighborhoods_nothing_is_foretold_and_it_is_said_why(tmp_path, words, key):
    file = tmp_path / "rows.csv"
    write_rows(file, thefts(60, range(1, 300)))
    assert CliRunner().invoke(app, ["import", "-w", str(tmp_path / "ws"), str(file)]).exit_code == 0
    for lang in ("zh", "en"):
        assert ask(tmp_path / "ws", *words, lang=lang)["error"]["key"] == key


def test_history_that_is_full_of_holes_leaves_too_few_windows(tmp_path):
    days = [day for day in range(1, 366) if day < 32 or day > 340]
    error = ask(workspace_of(tmp_path, thefts(400, days)), "backtest")["error"]
    assert error["key"] == "backtest.too_few_windows"


def test_events_outside_the_area_are_named(tmp_path):
    far = [{**row, "lon": row["lon"] + 0.3} for row in thefts(60, range(1, 300))]
    assert ask(workspace_of(tmp_path, far), "forecast", "--days", "7")["error"]["key"] == "analysis.none_inside"


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


def test_weekdays_hours_and_neighborhoods_add_up_to_the_total_and_have_ranges_of_their_own(holed):
    answer = ask(holed, "forecast", "--days", "28")
    for name, rows in (("by_weekday", 7), ("by_hour", 8), ("by_neighborhood", None)):
        parts = answer[name]
        assert rows in (None, len(parts))
        assert sum(part["expected"] for part in parts) == pytest.approx(answer["total"])
        assert all(part["low"] <= part["expected"] <= part["high"] for part in parts if part["expected"] > 1)
    # All happen between 10:30 and 20:00.
    late = {part["from_hour"]: part["expected"] for part in answer["by_hour"]}
    assert late[12] > 5 * late[0]
    assert "by_time_reason" not in answer
    assert "占" in said(holed, "forecast", "--days", "28")
    three = ask(holed, "forecast", "--days", "3")["by_weekday"]
    assert [part["weekday"] for part in three if part["expected"] > 0] == [0, 1, 6]


def test_dates_that_say_no_hour_or_no_day_leave_them_out_with_a_reason(tmp_path):
    days = [{**row, "time": row["time"][:10]} for row in thefts(360, range(1, 366))]
    answer = ask(workspace_of(tmp_path, days), "forecast", "--days", "28", lang="en")
    assert len(answer["by_weekday"]) == 7
    assert answer["by_hour"] is None
    assert "hour" in answer["by_time_reason"]


def test_months_say_neither_weekday_nor_hour(tmp_path):
    months = [{**row, "time": row["time"][:7]} for row in thefts(360, range(1, 366))]
    answer = ask(workspace_of(tmp_path, months), "forecast", "--days", "28", lang="en")
    assert answer["by_weekday"] is answer["by_hour"] is None
    assert "month" in answer["by_time_reason"]


def test_a_calendar_is_asked_for_by_the_setting_and_an_unknown_one_gets_a_sentence(tmp_path):
    root = workspace_of(tmp_path, thefts(360, range(1, 366)))
    settings = root / "walkwatch.toml"
    plain = settings.read_text(encoding="utf-8")
    assert ask(root, "forecast", "--days", "7")["parameters"]["holidays"] == 1
    settings.write_text('holidays = "CN"\n' + plain, encoding="utf-8")
    assert ask(root, "forecast", "--days", "7")["total"] > 0
    settings.write_text('holidays = "XX"\n' + plain, encoding="utf-8")
    for lang in ("zh", "en"):
        error = ask(root, "forecast", "--days", "7", lang=lang)["error"]
        assert error["key"] == "holidays.unknown_calendar"
        assert "XX" in error["message"]


def said(root: Path, *words: str, lang: str = "zh") -> str:
    result = CliRunner().invoke(app, [words[0], "-w", str(root), *words[1:], "--lang", lang])
    assert result.exit_code == 0, result.output
    return result.stdout
