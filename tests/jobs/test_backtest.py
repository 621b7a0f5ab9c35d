"""The backtest of the sample city: through the door, kept, worded in both languages, written."""

import json
import time
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from cli import app
from jobs import backtest as job
from jobs.dataset import load_dataset
from views.i18n import Translator

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    root = tmp_path_factory.mktemp("backtest") / "workspace"
    ground = f"--neighborhoods={SAMPLE / 'neighborhoods.geojson'}"
    result = CliRunner().invoke(app, ["import", "-w", str(root), ground, str(SAMPLE / "incidents.csv")])
    assert result.exit_code == 0, result.output
    return root


def test_the_command_answers_with_scores_and_choice(workspace, tmp_path):
    file = tmp_path / "scores.csv"
    arguments = ["backtest", "-w", str(workspace), "--windows", "6", "--days", "28", "-o", str(file), "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    answer = json.loads(result.stdout)
    assert answer["chosen"] in ("mixture", "simple")
    assert {"method", "coverage", "hit_rate", "hit_low", "hit_high", "pai", "pei"} == set(answer["scores"][0])
    table = pd.read_csv(file)
    assert set(table["method"]) >= {"mixture", "simple", "count_28", "density", "ceiling"}
    assert len(table) == len(answer["scores"]) + len(answer["ceiling"])


def test_it_is_kept_and_said_in_both_languages(workspace):
    dataset = load_dataset(workspace)
    first = job.run(dataset, windows=6)
    clock = time.perf_counter()
    second = job.run(dataset, windows=6)
    assert time.perf_counter() - clock < 0.5
    pd.testing.assert_frame_equal(first.scores, second.scores)
    for language in ("zh", "en"):
        lines = job.sentences(first, Translator(language))
        assert len(lines) >= 4
        assert not any("{" in line for line in lines)


def test_refusals_are_one_sentence(workspace):
    result = CliRunner().invoke(app, ["backtest", "-w", str(workspace), "--days", "600", "--json", "--lang", "zh"])
    assert result.exit_code == 1
    error = json.loads(result.stdout)["error"]
    assert error["key"] == "backtest.too_short"
    assert "历史只有" in error["message"]


def test_a_choice_is_known_only_where_a_test_is_kept(workspace):
    dataset = load_dataset(workspace)
    assert job.kept_choice(dataset, as_of=dataset.as_of, categories=["theft"]) is None
    answer = job.run(dataset, categories=["theft"])
    assert job.kept_choice(dataset, as_of=dataset.as_of, categories=["theft"]) == answer.chosen
