"""The architecture as a test: imports follow the arrows of docs/architecture.md."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("geo", "analysis", "views", "jobs", "data", "app", "cli")
DOORS = ("streamlit", "streamlit_folium", "typer")


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Every dotted name the module imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def ours(path: Path) -> set[str]:
    return {name for name in imported(path) if name.split(".")[0] in OURS}


def under(names: set[str], *allowed: str) -> bool:
    return all(any(name == a or name.startswith(a + ".") for a in allowed) for name in names)


@pytest.mark.parametrize("path", modules("geo"), ids=str)
def test_geo_imports_only_geo(path):
    assert under(ours(path), "geo")


@pytest.mark.parametrize("path", modules("analysis"), ids=str)
def test_analysis_imports_only_analysis_and_the_guards(path):
    assert under(ours(path) - {"geo"}, "analysis", "geo.errors", "geo.checks")


@pytest.mark.parametrize("path", [p for p in modules("views") if "pages" not in p.parts], ids=str)
def test_what_draws_and_words_knows_no_job_and_no_page(path):
    plain = ("geo.errors", "geo.schema", "geo.taxonomy", "geo.settings", "geo.release_types", "geo.community_types")
    assert under(ours(path), "views", "analysis", *plain)
    assert not any(name.startswith("views.pages") for name in ours(path))


@pytest.mark.parametrize("path", modules("jobs"), ids=str)
def test_jobs_know_no_door(path):
    assert not {name.split(".")[0] for name in imported(path)} & {*DOORS, "app", "cli"}
    assert not any(name.startswith("views.pages") for name in ours(path))


@pytest.mark.parametrize("path", [*modules("geo"), *modules("analysis"), *modules("jobs"), ROOT / "cli.py"], ids=str)
def test_only_the_app_and_its_pages_use_streamlit(path):
    assert not {name.split(".")[0] for name in imported(path)} & {"streamlit", "streamlit_folium"}


@pytest.mark.parametrize("path", modules("analysis"), ids=str)
def test_arithmetic_opens_no_file_and_asks_no_clock(path):
    banned = {"open", "now", "today", "read_csv", "read_parquet", "read_file", "default_rng"}
    calls = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    }
    # A generator made from a seed that came in is fine; one made from nothing is not.
    assert not calls & (banned - {"default_rng"})
