"""The Data page: a correction is read again at once, kept on confirming, and refused with a sentence."""

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from geo.schema import EVENT_COLUMNS
from geo.workspace import Workspace
from jobs.intake import IntakeOptions
from views.pages.data_corrections import read_upload, texts_of

APP = str(Path(__file__).parents[2] / "app.py")
ROWS = [
    f"{n},2026-03-{n % 28 + 1:02d} 10:00,2026-04-{n % 28 + 1:02d} 09:00,{116 + n / 1e4:.4f},{39 + n / 1e4:.4f},"
    f"{'gizmo' if n % 2 else 'theft'}"
    for n in range(60)
]
TABLE = ("no,first,second,lon,lat,category\n" + "\n".join(ROWS) + "\n").encode()


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setenv("WALKWATCH_WORKSPACE", str(tmp_path / "ws"))
    upload = read_upload(None, (("march.csv", TABLE),), IntakeOptions(), ())
    shown = AppTest.from_file(APP, default_timeout=60)
    shown.session_state["reading"] = upload
    shown.query_params["lang"] = "en"
    shown.run()
    return shown.switch_page("views/pages/data.py").run()


def test_another_column_of_times_is_read_at_once_and_kept_on_confirming(app, tmp_path):
    assert not app.exception
    before = app.session_state["reading"].reading.events["event_start"].min()
    app.selectbox(key="correct_column").set_value("second")
    app.selectbox(key="correct_canonical").set_value("event_start")
    app.button(key="apply_column").click().run()
    assert not app.exception
    assert not app.error
    after = app.session_state["reading"].reading.events["event_start"].min()
    assert (str(before.date()), str(after.date())) == ("2026-03-01", "2026-04-01")
    app.button(key="confirm").click().run()
    stored = Workspace.open(tmp_path / "ws").events()
    assert len(stored) == 60
    assert str(stored["event_start"].min().date()) == "2026-04-01"
    # The next file of this shape is read alike, by itself.
    again = read_upload(Workspace.open(tmp_path / "ws"), (("april.csv", TABLE),), IntakeOptions(), ())
    assert str(again.reading.events["event_start"].min().date()) == "2026-04-01"
    assert again.known == 60


def test_a_text_nobody_knows_is_given_a_category(app):
    assert app.selectbox(key="correct_text").value == "gizmo"
    app.selectbox(key="correct_category").set_value("hazard.lighting")
    app.button(key="apply_category").click().run()
    assert not app.exception
    counts = app.session_state["reading"].reading.events["category"].value_counts()
    assert counts["hazard.lighting"] == 30
    app.button(key="forget_corrections").click().run()
    assert "hazard.lighting" not in set(app.session_state["reading"].reading.events["category"])


def test_a_correction_that_cannot_be_read_leaves_the_state_before(app):
    kept = app.session_state["reading"]
    app.text_input(key="correct_crs").set_value("EPSG:999999")
    app.button(key="apply_whole").click().run()
    assert not app.exception
    assert "999999" in app.error[0].value
    assert app.session_state["reading"] is kept


def test_unknown_texts_come_first_then_those_with_most_rows():
    frame = pd.DataFrame(
        {
            "category_source": ["a"] * 3 + ["b"] * 2 + ["c", None],
            "category": ["theft"] * 3 + ["other"] * 2 + ["dispute.other", "theft"],
        }
    )
    assert texts_of(frame)["text"].tolist() == ["b", "c", "a"]
    assert set(frame) <= set(EVENT_COLUMNS)
