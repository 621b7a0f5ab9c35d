"""The table of judgement: what a category is called, how much harm it means, who may go, what is never a stop."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from geo.errors import InputError
from geo.schema import LAYERS

DEFAULT_TAXONOMY = Path(__file__).parents[1] / "data" / "taxonomy.toml"
WHO = ("officer", "mediator", "volunteer", "referral")


@dataclass(frozen=True)
class Category:
    """One row of the taxonomy. `harm` is a weight per event; a `listed` of False is never a stop, post or hotspot."""

    key: str
    layer: str
    name_zh: str
    name_en: str
    words: tuple[str, ...]
    harm: float
    harm_source: str
    who: str
    topics: tuple[str, ...]
    revisit_days: tuple[int, ...]
    public: str
    listed: bool

    def name(self, language: str) -> str:
        """The category's name in `zh` or `en`."""
        return self.name_zh if language == "zh" else self.name_en


@dataclass(frozen=True)
class Taxonomy:
    """All categories by key, and the subjects that the program refuses to hold."""

    categories: dict[str, Category]
    refused: tuple[str, ...]

    def __getitem__(self, key: str) -> Category:
        """The category of that key, else its parent, else `other`."""
        for candidate in (key, key.partition(".")[0], "other"):
            if candidate in self.categories:
                return self.categories[candidate]
        raise KeyError(key)

    def matches(self, wanted: list[str]) -> list[str]:
        """All keys that one of `wanted` names: itself, or any child of a parent."""
        unknown = [key for key in wanted if not any(_is_under(k, key) for k in self.categories)]
        if unknown:
            raise InputError(
                f"There is no category {unknown[0]!r}.",
                remedy=f"Choose among {', '.join(sorted(self.categories))}.",
                key="taxonomy.unknown_category",
                category=unknown[0],
                known=", ".join(sorted(self.categories)),
            )
        return [k for k in self.categories if any(_is_under(k, key) for key in wanted)]


def _is_under(key: str, parent: str) -> bool:
    return key == parent or key.startswith(parent + ".")


def read_taxonomy(path: Path = DEFAULT_TAXONOMY) -> Taxonomy:
    """
    Read a taxonomy file.

    Raises
    ------
    InputError
        If the file is no TOML, a value is not among those known, or a category names a refused subject.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            f"{path.name} cannot be read as a taxonomy: {error}.",
            remedy="Mend the file, or delete it to go back to the one that comes with the program.",
            key="taxonomy.unreadable",
            file=path.name,
            reason=str(error),
        ) from error
    refused = tuple(_default_refused() if path != DEFAULT_TAXONOMY else table["refused"]["words"])
    categories = {row["key"]: _category(row, path) for row in table["category"]}
    for category in categories.values():
        _require_allowed(category, refused, path)
    return Taxonomy(categories, refused)


def _default_refused() -> tuple[str, ...]:
    # An edited taxonomy cannot shorten the list of refused subjects: it belongs to the program.
    return tuple(tomllib.loads(DEFAULT_TAXONOMY.read_text(encoding="utf-8"))["refused"]["words"])


def _category(row: dict, path: Path) -> Category:
    for name, value, allowed in (("layer", row.get("layer"), LAYERS), ("who", row.get("who"), WHO)):
        if value not in allowed:
            raise InputError(
                f"{path.name}: category {row.get('key')!r} has {name} {value!r}.",
                remedy=f"Use one of {', '.join(allowed)}.",
                key="taxonomy.value",
                file=path.name,
                category=row.get("key"),
                name=name,
                value=value,
                allowed=", ".join(allowed),
            )
    return Category(
        key=row["key"],
        layer=row["layer"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        words=tuple(word.casefold() for word in row.get("words", ())),
        harm=float(row["harm"]),
        harm_source=row.get("harm_source", "judgement"),
        who=row["who"],
        topics=tuple(row.get("topics", ())),
        revisit_days=tuple(row.get("revisit_days", ())),
        public=row.get("public", "neighborhood"),
        listed=bool(row.get("listed", True)),
    )


def _require_allowed(category: Category, refused: tuple[str, ...], path: Path) -> None:
    texts = (category.key, category.name_zh, category.name_en, *category.words)
    for word in refused:
        if any(word.casefold() in text.casefold() for text in texts):
            raise InputError(
                f"{path.name}: category {category.key!r} names {word!r}, a subject this program refuses to hold.",
                remedy="Take the category out; places are mapped here, never opinions, beliefs or persons.",
                key="taxonomy.refused",
                file=path.name,
                category=category.key,
                word=word,
            )
