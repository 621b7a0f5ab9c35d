"""What is being looked at: language, period, neighborhood, layers, place. It lives in the address: a link is a view."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from geo.errors import InputError
from geo.schema import LAYERS
from geo.settings import read_settings
from geo.workspace import Workspace
from jobs.dataset import Dataset, load_dataset
from views.i18n import LANGUAGES, Translator

PERIODS = (7, 28, 91, 365)
ALL = ""  # the neighborhood that stands for all of them
ADDRESS = (
    "lang",
    "days",
    "neighborhood",
    "layers",
    "as_of",
    "place",
    "week",
    "walkers",
    "minutes",
    "posts",
    "hours",
    "seed",
    "horizon",
)


@dataclass(frozen=True, eq=False)
class Asked:
    """What every page is given. `dataset` is None while the workspace holds no events."""

    t: Translator
    workspace: Path
    dataset: Dataset | None
    days: int
    neighborhood: str
    layers: list[str]
    as_of: pd.Timestamp | None

    @property
    def layer_filter(self) -> list[str] | None:
        """The layers to ask for; None where all are wanted, which is how the command line asks too."""
        return None if set(self.layers) == set(LAYERS) else self.layers

    @property
    def data(self) -> Dataset:
        """The dataset, on pages that are shown only when there is one."""
        assert self.dataset is not None
        return self.dataset


def give(asked: Asked) -> None:
    """Hand this run's question to the page, which Streamlit runs as a script of its own."""
    st.session_state["now"] = asked


def given() -> Asked:
    """This run's question."""
    asked: Asked = st.session_state["now"]
    return asked


def workspace_folder() -> Path:
    """The workspace's folder: WALKWATCH_WORKSPACE, else `workspace`."""
    return Path(os.environ.get("WALKWATCH_WORKSPACE") or "workspace")


def values() -> dict[str, Any]:
    """This visit's choices, read from the address the first time."""
    if "asked" not in st.session_state:
        st.session_state["asked"] = {name: st.query_params[name] for name in ADDRESS if name in st.query_params}
    return st.session_state["asked"]


def choose(name: str, value: Any) -> None:
    """Set a choice; None takes it out of the address."""
    if value is None:
        values().pop(name, None)
    else:
        values()[name] = str(value)


def write_address() -> None:
    """Put the choices into the address, where they differ from what stands there."""
    wanted = {name: value for name, value in values().items() if value != ""}
    if wanted != dict(st.query_params.items()):
        st.query_params.from_dict(wanted)


def language(workspace: Path) -> str:
    """The address's language, else the workspace's, else the browser's, else English."""
    chosen = values().get("lang")
    if chosen in LANGUAGES:
        return chosen
    try:
        own = read_settings(workspace).language
    except InputError:
        own = None
    if own in LANGUAGES:
        return str(own)
    return "zh" if (st.context.locale or "").casefold().startswith("zh") else "en"


def period() -> int:
    """Days of the period; a number of the address that makes no sense is the default."""
    text = values().get("days", "")
    days = int(text) if text.isdecimal() and len(text) < 5 else 0
    return days if 1 <= days <= 3660 else 0


def chosen_layers() -> list[str]:
    """The layers of the address; all where it names none."""
    wanted = [name for name in values().get("layers", "").split(",") if name in LAYERS]
    return wanted or list(LAYERS)


def load(folder: Path) -> Dataset:
    """
    The workspace's dataset, loaded once for everybody while its content is the same.

    Raises
    ------
    InputError
        As `jobs.dataset.load_dataset`.
    """
    workspace = Workspace.open(folder)
    return _dataset(str(folder.resolve()), workspace.data_version(), _workspace=workspace)


@st.cache_resource(max_entries=2, show_spinner=False)
def _dataset(folder: str, version: str, *, _workspace: Workspace) -> Dataset:
    return load_dataset(_workspace)
