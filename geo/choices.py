"""A planner's corrections that stick: which column is what in files of one shape, which text is which category."""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import tomlkit

from geo.errors import InputError
from geo.files import write_text_whole
from geo.headers import normal

COLUMNS_FOLDER = "columns"
CATEGORIES_FILE = "categories.toml"


@dataclass(frozen=True)
class Choices:
    """`columns`: canonical → source column. `categories`: source text → category key."""

    columns: Mapping[str, str] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Saved:
    """What a workspace keeps: columns by the shape of the file, categories for all files."""

    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)


NOTHING_SAVED = Saved()


def shape_of(headers: Iterable[str]) -> str:
    """A short name for a set of headers, whatever their order, case and marks: files of one shape share it."""
    words = sorted(normal(header) for header in headers)
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]


def read_choices(path: Path) -> Choices:
    """
    Read choices from TOML: `canonical = "source column"` at the top or in `[columns]`, `"text" = "key"` in
    `[categories]`.

    Raises
    ------
    InputError
        If the file is missing or no TOML.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            f"{path.name} cannot be read as a mapping of columns: {error}.",
            remedy='Write lines such as event_start = "发案时间".', key="columns.unreadable",
            file=path.name, reason=str(error),
        ) from error  # fmt: skip
    columns, categories = table.get("columns", table), table.get("categories", {})
    return Choices(_texts(columns), _texts(categories))


def read_saved(root: Path) -> Saved:
    """All choices that the workspace at `root` keeps; none where it keeps none."""
    shapes = {path.stem: read_choices(path).columns for path in sorted((root / COLUMNS_FOLDER).glob("*.toml"))}
    file = root / CATEGORIES_FILE
    return Saved(shapes, read_choices(file).categories if file.exists() else {})


def save(root: Path, made: Saved, source: str) -> None:
    """Keep choices in the workspace at `root`: columns replace those of their shape, categories join those kept."""
    for shape, columns in made.columns.items():
        document = tomlkit.document()
        document.add(tomlkit.comment(f"Columns of files shaped like {' '.join(source.split())}."))
        document["columns"] = dict(columns)
        write_text_whole(root / COLUMNS_FOLDER / f"{shape}.toml", tomlkit.dumps(document))
    if made.categories:
        kept = {**read_saved(root).categories, **made.categories}
        document = tomlkit.document()
        document.add(tomlkit.comment("What a text in a column of categories means: text = key of the taxonomy."))
        document["categories"] = dict(sorted(kept.items()))
        write_text_whole(root / CATEGORIES_FILE, tomlkit.dumps(document))


def _texts(table: object) -> dict[str, str]:
    if not isinstance(table, dict):
        return {}
    return {str(key): str(value) for key, value in table.items() if not isinstance(value, dict)}
