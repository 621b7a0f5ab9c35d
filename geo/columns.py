"""Which source column is what: guessed from Chinese and English headers and from what the cells hold, with reasons."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa

from geo import headers
from geo.categories import WordFinder, choose
from geo.choices import read_choices
from geo.errors import InputError
from geo.headers import has_phrase, normal
from geo.persons import MASK, mask, person_kind
from geo.report import ColumnGuess
from geo.tables import Table
from geo.text_columns import TextColumn
from geo.times import DAY_ONLY, MOMENT, MONTH_ONLY, YEAR_ONLY, demoted, parse_times
from geo.times_of_day import parse_clock
from geo.where_columns import PLACE_COLUMNS, pick_place_columns

# What a column may be mapped to by hand. The last row are parts that reading puts together.
CANONICAL = (
    "event_id", "category", "layer", "event_start", "event_end", "reported_at", "closed_at", "severity", "status",
    "count", "reported_by", "neighborhood", "lon", "lat", "x", "y", "point",
    "address", "street", "cross_street",
    "date", "time", "time_band", "date_end", "time_end", "reported_date", "reported_time", "year", "month", "day",
)  # fmt: skip
# A table with all of these is one of our own exports: its columns mean what they are called, to the letter.
OWN = {"event_id", "layer", "category", "event_start", "event_end"}
OWN_COLUMNS = (
    "event_id", "category", "layer", "event_start", "event_end", "reported_at", "closed_at", "severity", "status",
    "count", "reported_by", "lon", "lat", "category_source", "precision", "repairs", "source", "source_row",
)  # fmt: skip
FREE_TEXT_LENGTH = 40  # characters on average; longer cells are somebody's words
COUNTED = 0.5  # of filled rows: above it a column called a count is one, and the other rows are told
SAMPLES = 3
# What every time of day begins with; to look costs less than to try.
_CLOCKLIKE = re.compile(r"\D{0,4}(?:\d{1,2}(?:[^\d.]|\.\d{1,2}(?:\.\d\d)?(?:\s*(?:Uhr|h))?$|$)|\d{3,6}$|0\.\d)")
_DIGIT = re.compile(r"\d")
_NUMERIC = re.compile(r"[\s\d.,'+\-eE°]*\d[\s\d.,'+\-eE°]*")


@dataclass(eq=False)
class Profile:
    """What one column holds, judged on some of its distinct values."""

    column: TextColumn
    words: str
    numbers: np.ndarray  # of the sample, NaN where no number
    number_share: float
    date_kind: int  # of geo.times, 0 where most cells are no date
    date_share: float
    date_from_number: bool  # epoch, serial, 1040101: a date only if the header says so
    zoned: bool
    clock: str  # clock, hour, band_…, or "" where most cells are none
    mean_length: float
    person: str | None

    @property
    def distinct_share(self) -> float:
        """Distinct texts to filled cells."""
        return distinct_share(self.column)


@dataclass(eq=False)
class ColumnMap:
    """Canonical → source, and what every source column was taken for."""

    picked: dict[str, str]
    guesses: list[ColumnGuess]
    category_share: float = 0.0  # of rows whose category a word recognizes
    reported_start: bool = False  # event_start is the moment it was reported
    extra: dict[str, str] = field(default_factory=dict)  # local clock beside a zoned column: date, time
    own: bool = False  # one of our own exports, read to the letter


def read_columns(path: Path) -> dict[str, str]:
    """Read a mapping `canonical = "source column"` from TOML, at the top level or in a table `[columns]`."""
    return dict(read_choices(path).columns)


def is_own(table: Table) -> bool:
    """Whether the table is one of our own exports of events."""
    return set(table.columns) >= OWN


def guess_columns(table: Table, finder: WordFinder, given: Mapping[str, str] | None = None) -> ColumnMap:
    """
    Say what each column is.

    Parameters
    ----------
    table : Table
    finder : WordFinder
        Recognizes categories, so that the column which holds them is found whatever its header.
    given : mapping of canonical → source, optional
        Overrides the guess; what it does not name is guessed.

    Raises
    ------
    InputError
        If `given` names a canonical or a source column that does not exist.
    """
    profiles = profiles_of(table)
    given = dict(given or {})
    _require_known(given, profiles, table)
    guess = _Guess(table, profiles, finder, given)
    guess.run()
    return guess.result()


def profiles_of(table: Table) -> dict[str, Profile]:
    """What each column of a table holds."""
    return {name: _profile(column, len(table)) for name, column in table.columns.items()}


def guess_coordinates(table: Table, profiles: dict[str, Profile]) -> dict[str, str]:
    """Canonical → source of the coordinates alone, in a table that holds no events."""
    guess = _Guess(table, profiles, None, {})
    guess.coordinates()
    return guess.picked


class _Guess:
    """One guess over one table; every step takes columns that earlier ones left."""

    def __init__(
        self, table: Table, profiles: dict[str, Profile], finder: WordFinder | None, given: dict[str, str]
    ) -> None:  # fmt: skip
        self.table, self.profiles, self.finder, self.given = table, profiles, finder, given
        self.picked: dict[str, str] = {}
        self.reasons: dict[str, str] = {}
        self.category_share = 0.0
        self.reported_start = False
        self.extra: dict[str, str] = {}
        self.own = is_own(table)

    def run(self) -> None:
        if self.own and not self.given:
            self.verbatim()
            return
        for canonical, source in self.given.items():
            self.take(canonical, source, "given")
        self.coordinates()
        self.times()
        self.by_header("layer", headers.LAYER, lambda p: self.says(p, headers.LAYER_WORDS) > 0.8)
        self.by_header("status", headers.STATUS, lambda p: self.says(p, headers.STATUS_WORDS) > 0.6)
        self.by_header("reported_by", headers.REPORTED_BY, lambda p: self.says(p, headers.REPORTER_WORDS) > 0.3)
        self.category()
        self.identity()
        self.by_header("severity", headers.SEVERITY, lambda p: p.number_share > 0.9, least=2)
        self.by_header("count", headers.COUNT, _is_count, least=2)
        self.counts_unread()
        self.places()
        self.areas()

    def verbatim(self) -> None:
        """The columns of our own export, by their names."""
        for name in OWN_COLUMNS:
            if name in self.profiles and self.profiles[name].person is None:
                self.take(name, name, "verbatim")
        if "neighborhood_id" in self.profiles:
            self.reasons["neighborhood_id"] = "area"

    def free(self, name: str) -> bool:
        return name not in self.picked.values() and name not in self.reasons and self.profiles[name].person is None

    def take(self, canonical: str, source: str, reason: str) -> None:
        self.picked[canonical] = source
        self.reasons[source] = reason

    def by_header(
        self, canonical: str, phrases: tuple[str, ...], suits: Callable[[Profile], bool], *, least: int = 1
    ) -> None:
        if canonical in self.picked:
            return
        scores = {n: has_phrase(p.words, phrases) for n, p in self.profiles.items() if self.free(n)}
        fit = [
            n
            for n, score in scores.items()
            if score >= least and self.profiles[n].column.filled and suits(self.profiles[n])
        ]
        if fit:
            self.take(canonical, max(fit, key=lambda n: scores[n]), "header")

    def says(self, profile: Profile, words: dict[str, tuple[str, ...]]) -> float:
        """The share of rows whose cell is a known word of a small table."""
        if profile.column.cells is not None or len(profile.column.values) > 200:
            return 0.0
        meant = choose(profile.column.texts, words) != ""
        return float(profile.column.counts()[meant].sum()) / max(profile.column.filled, 1)

    def coordinates(self) -> None:
        if self.table.point_x is not None:
            for name, profile in self.profiles.items():
                axes = (headers.LON, headers.LAT, headers.X, headers.Y)
                if (
                    self.free(name)
                    and profile.number_share > 0.9
                    and any(has_phrase(profile.words, a) >= 2 for a in axes)
                ):
                    self.reasons[name] = "geometry_used"
            return
        if {"lon", "lat"} <= set(self.picked) or {"x", "y"} <= set(self.picked) or "point" in self.picked:
            return
        # A header decides what is meant even where the cells are text: then reading stops with that cell, not later.
        for one, a, b in (("lon", headers.LON, headers.LAT), ("x", headers.X, headers.Y)):
            first, second = self.axis(a), self.axis(b)
            if first and second and first != second:
                self.take_pair(first, second, said_degrees=one == "lon")
        for a, b in ((headers.LON, headers.Y), (headers.X, headers.LAT)):
            first, second = self.axis(a), self.axis(b)
            if not {"lon", "x"} & set(self.picked) and first and second and first != second:
                self.take_pair(first, second, said_degrees=True)
        if "lon" not in self.picked and "x" not in self.picked:
            self.point_column()
        if not {"lon", "x", "point"} & set(self.picked):
            self.coordinates_by_content()

    def take_pair(self, first: str, second: str, *, said_degrees: bool) -> None:
        """Take two columns as degrees where header or numbers say so, else as projected; numbers beat the header."""
        degrees = self.fits_degrees(first, second) or (said_degrees and not self.numeric(first, second))
        names = ("lon", "lat") if degrees and "lon" not in self.picked else ("x", "y")
        if names[0] not in self.picked:
            self.take(names[0], first, "header")
            self.take(names[1], second, "header")

    def axis(self, phrases: tuple[str, ...]) -> str | None:
        scores = {n: has_phrase(p.words, phrases) for n, p in self.profiles.items() if self.free(n) and p.column.filled}
        # `LONG_WGS84` only begins with the word; then the numbers must look like degrees too.
        fit = {
            n: s + self.profiles[n].number_share
            for n, s in scores.items()
            if s >= 2 or (s and phrases in (headers.LON, headers.LAT) and _within_degrees(self.profiles[n]))
        }
        return max(fit, key=lambda n: fit[n]) if fit else None

    def numeric(self, *names: str) -> bool:
        return all(self.profiles[n].number_share > 0.5 for n in names)

    def fits_degrees(self, lon: str, lat: str) -> bool:
        x, y = self.profiles[lon].numbers, self.profiles[lat].numbers
        if np.isnan(x).all() or np.isnan(y).all():
            return True  # text: the header's word stands, and the text is refused later
        straight = np.nanmean(np.abs(x) <= 180) > 0.7 and np.nanmean(np.abs(y) <= 90) > 0.7
        swapped = np.nanmean(np.abs(x) <= 90) > 0.7 and np.nanmean(np.abs(y) <= 180) > 0.7
        return bool(straight or swapped)

    def point_column(self) -> None:
        for name, profile in self.profiles.items():
            if self.free(name) and _point_share(profile.column.sample(200)) > 0.6:
                reason = "header" if has_phrase(profile.words, headers.POINT) else "content"
                self.take("point", name, reason)
                return

    def coordinates_by_content(self) -> None:
        """Two neighboring columns of numbers with decimals, many distinct, in a narrow range: plausible degrees."""
        names = [n for n in self.profiles if self.free(n) and _looks_like_degrees(self.profiles[n])]
        for one, other in pairwise(names):
            x, y = self.profiles[one].numbers, self.profiles[other].numbers
            if np.nanmedian(np.abs(y)) <= 90 and np.nanmedian(np.abs(x)) <= 180:
                self.take("lon", one, "content")
                self.take("lat", other, "content")
                return
            if np.nanmedian(np.abs(x)) <= 90:
                self.take("lat", one, "content")
                self.take("lon", other, "content")
                return

    def times(self) -> None:
        from geo.time_columns import pick_times

        found = pick_times({n: p for n, p in self.profiles.items() if self.free(n)}, set(self.picked))
        for canonical, (source, reason) in found.picked.items():
            self.take(canonical, source, reason)
        self.reported_start = found.reported_start
        self.extra = found.beside
        for source in found.beside.values():
            self.reasons.setdefault(source, "beside")

    def category(self) -> None:
        if "category" in self.picked:
            self.category_share, _ = self.recognized(self.profiles[self.picked["category"]])
            return
        best, best_score = "", 0.0
        for name, profile in self.profiles.items():
            if (
                not self.free(name)
                or not profile.column.filled
                or profile.number_share > 0.5
                or _middle_length(*_sampled(profile.column)) > 120
            ):
                continue
            said = has_phrase(profile.words, headers.CATEGORY)
            if not said and (1 - profile.distinct_share < 0.5 and profile.column.distinct > 30):
                continue
            share, kinds = self.recognized(profile)
            # A column that tells more kinds apart says more; a header that says so decides between equals.
            score = share * (1 + 0.15 * np.log1p(kinds)) + 0.15 * said
            if (said >= 2 or share > 0.5) and score > best_score and (share > 0.05 or said >= 2):
                best, best_score, self.category_share = name, score, share
        if best:
            self.take(
                "category", best, "header" if has_phrase(self.profiles[best].words, headers.CATEGORY) else "content"
            )

    def recognized(self, profile: Profile) -> tuple[float, int]:
        texts, counts = _sampled(profile.column)
        if not len(texts):
            return 0.0, 0
        assert self.finder is not None  # none is needed for coordinates alone
        answer = self.finder.categorize(texts)
        known = (answer.keys != "") | (answer.refused != "")
        return float(counts[known].sum() / max(counts.sum(), 1)), len(set(answer.keys[known]))

    def identity(self) -> None:
        if "event_id" in self.picked:
            return
        scores = {}
        for name, profile in self.profiles.items():
            said = has_phrase(profile.words, headers.EVENT_ID)
            if not self.free(name) or not said or profile.distinct_share < 0.8 or profile.mean_length > 80:
                continue
            if _is_running_number(profile, len(self.table)):
                self.reasons[name] = "running_number"
                continue
            scores[name] = said + profile.distinct_share
        if scores:
            self.take("event_id", max(scores, key=lambda n: scores[n]), "header")

    def counts_unread(self) -> None:
        """Columns called a count whose cells are none: what is not read is told."""
        if "count" not in self.picked:
            for name, profile in self.profiles.items():
                if self.free(name) and has_phrase(profile.words, headers.COUNT) == 3 and profile.column.filled:
                    self.reasons[name] = "count_unread"

    def places(self) -> None:
        """Columns that say where in words; by their cells alone only where there are no coordinates."""
        if set(PLACE_COLUMNS) & set(self.picked):
            return
        free = {
            name: (p.words, p.column, p.number_share, p.mean_length)
            for name, p in self.profiles.items()
            if self.free(name) and p.person is None
        }
        content = self.table.point_x is None and not {"lon", "x", "point"} & set(self.picked)
        for canonical, (source, reason) in pick_place_columns(free, content=content).items():
            self.take(canonical, source, reason)

    def areas(self) -> None:
        if "neighborhood" in self.picked:
            return
        for name, profile in self.profiles.items():
            if self.free(name) and has_phrase(profile.words, headers.NEIGHBORHOOD) and profile.column.filled:
                self.reasons[name] = "area"

    def result(self) -> ColumnMap:
        by_source = {source: canonical for canonical, source in self.picked.items()}
        guesses = []
        for name, profile in self.profiles.items():
            refused = profile.person is not None and name not in by_source
            reason = f"refused.{profile.person}" if refused else self.reasons.get(name, _unused(profile))
            guesses.append(ColumnGuess(
                name, by_source.get(name), reason, refused, 
                # What is not read is not shown either: nobody has looked whether it names persons.
                _samples(profile, by_source.get(name, "address") in PLACE_COLUMNS), self.table.names[0],
            ))  # fmt: skip
        own = self.own and not self.given
        return ColumnMap(self.picked, guesses, self.category_share, self.reported_start, self.extra, own)


def distinct_share(column: TextColumn) -> float:
    """Distinct texts to filled cells; names and numbers of persons hardly repeat."""
    return min(column.distinct / max(column.filled, 1), 1.0)


def numbers(texts: np.ndarray | pa.StringArray) -> np.ndarray:
    """Texts as floats, NaN where they are no number; a decimal comma, blanks and a degree sign are read."""
    import pandas as pd

    if isinstance(texts, pa.Array):
        try:
            return texts.cast(pa.float64()).to_numpy(zero_copy_only=False)
        except pa.ArrowInvalid:
            texts = texts.to_numpy(zero_copy_only=False)

    values = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").to_numpy(dtype=float, copy=True)
    # Only what consists of digits and of marks that numbers are written with can still be one.
    left = np.flatnonzero(np.isnan(values))
    left = left[[bool(_NUMERIC.fullmatch(str(text))) for text in texts[left]]] if len(left) else left
    if len(left):
        tidy = (
            pd.Series(texts[left], dtype=object)
            .astype(str)
            .str.replace(r"[\s\u00a0]|°$|(?<=\d)'(?=\d{3})", "", regex=True)
        )
        one_comma = tidy.str.fullmatch(r"[-+]?\d+,\d+")
        tidy = tidy.where(~one_comma, tidy.str.replace(",", "."))
        tidy = tidy.where(one_comma, tidy.str.replace(r"(?<=\d),(?=\d{3}(?:\D|$))", "", regex=True))
        values[left] = pd.to_numeric(tidy, errors="coerce").to_numpy(dtype=float)
    return values


def _profile(column: TextColumn, rows: int) -> Profile:
    sample = column.sample(600)
    words = normal(column.name)
    values = numbers(sample) if len(sample) else np.empty(0)
    number_share = float(np.mean(~np.isnan(values))) if len(values) else 0.0
    bare = number_share > 0.9
    digits = any(map(_DIGIT.search, sample))
    dates = demoted(parse_times(sample, numbers=bare), np.ones(len(sample))) if digits else None
    share = float((dates.kind > 0).mean()) if dates is not None else 0.0
    kinds = dates.kind[dates.kind > 0] if dates is not None else np.empty(0, np.int8)
    # Any moment among days makes the column one of moments; the days in it stay days.
    kind = (
        0
        if share < 0.5
        else next((k for k in (MOMENT, DAY_ONLY, MONTH_ONLY, YEAR_ONLY) if (kinds == k).mean() > 0.02), 0)
    )
    clock = ""
    if share < 0.5 and any(map(_CLOCKLIKE.match, sample)):
        start, _, reading = parse_clock(sample)
        clock = reading if np.mean(~np.isnan(start)) > 0.7 else ""
    length = float(np.mean([len(text) for text in sample])) if len(sample) else 0.0
    person = person_kind(column.name, words, list(sample[:200]), distinct_share=lambda: distinct_share(column))
    zoned = bool(dates is not None and len(kinds) and dates.zoned[dates.kind > 0].mean() > 0.5)
    return Profile(column, words, values, number_share, kind, share, bare, zoned, clock, length, person)


def _sampled(column: TextColumn) -> tuple[np.ndarray, np.ndarray]:
    """Some distinct texts and the rows that hold each."""
    texts, weights = column.sample(500), column.weights()
    return texts, np.ones(len(texts)) if weights is None else weights[:: max(len(weights) // 500, 1)][:500]


def _middle_length(texts: np.ndarray, counts: np.ndarray) -> float:
    """The length of the middle row's text: one huge cell among kinds makes nobody's words of them."""
    if not len(texts):
        return 0.0
    lengths = np.array([len(text) for text in texts])
    order = np.argsort(lengths)
    place = np.searchsorted(np.cumsum(counts[order]), counts.sum() / 2)
    return float(lengths[order[min(int(place), len(order) - 1)]])


def _is_count(profile: Profile) -> bool:
    """Whether most rows hold a whole number of a size that counts have; what the others hold is told on reading."""
    column = profile.column
    if (
        column.cells is not None
        or len(column.values) > 5_000
        or (column.filled >= 50 and profile.distinct_share >= 0.5)
    ):
        return False
    heads = [(text.split() or [""])[0].removesuffix(".0") for text in column.texts]
    good = np.array([head.isdecimal() and int(head) < 100_000 for head in heads], dtype=bool)
    return float(column.counts()[good].sum()) > COUNTED * column.filled


def _is_running_number(profile: Profile, rows: int) -> bool:
    """1, 2, 3, … down the file, perhaps with gaps: a line number, which the next export gives to another event."""
    column = profile.column
    if profile.words == "event id" or column.filled != rows or rows < 2 or profile.number_share < 1:
        return False
    if column.distinct != rows:
        return False
    values = column.spread(numbers(column.to_read), np.nan)
    return bool(np.all(np.diff(values) > 0) and values[0] in (0, 1) and values[-1] < 2 * rows)


def _looks_like_degrees(profile: Profile) -> bool:
    values = profile.numbers[~np.isnan(profile.numbers)]
    if profile.number_share < 0.9 or len(values) < 3 or (profile.date_kind and not profile.date_from_number):
        return False
    with_decimals = np.mean(["." in text or "," in text for text in profile.column.sample(200)])
    middle = np.median(values)
    return bool(
        with_decimals > 0.8
        and np.mean(np.abs(values - middle) < 5) > 0.9
        and np.abs(middle) <= 180
        and np.abs(middle) > 0.01
    )


def _within_degrees(profile: Profile) -> bool:
    values = profile.numbers[~np.isnan(profile.numbers)]
    with_decimals = np.mean(["." in text or "," in text for text in profile.column.sample(200)])
    return bool(profile.number_share > 0.9 and with_decimals > 0.8 and np.mean(np.abs(values) <= 180) > 0.9)


def _point_share(texts: np.ndarray) -> float:
    from geo.raw_points import split_points

    if not len(texts):
        return 0.0
    x, _, _ = split_points(texts)
    return float(np.mean(~np.isnan(x)))


def _unused(profile: Profile) -> str:
    if not profile.column.filled:
        return "empty"
    return "free_text" if profile.mean_length > FREE_TEXT_LENGTH and profile.distinct_share > 0.2 else "unused"


def _samples(profile: Profile, hidden: bool) -> tuple[str, ...]:
    texts = profile.column.first(SAMPLES)
    return tuple(MASK if hidden else mask(str(text))[:60] for text in texts)


def _require_known(given: dict[str, str], profiles: dict[str, Profile], table: Table) -> None:
    for canonical, source in given.items():
        if canonical not in CANONICAL:
            raise InputError(
                f"`{canonical}` is no column that events have.",
                remedy=f"Choose among {', '.join(CANONICAL)}.",
                key="columns.unknown_canonical", column=canonical, known=", ".join(CANONICAL),
            )  # fmt: skip
        if source not in profiles:
            raise InputError(
                f"{table.names[0]}: line {table.header_line}: there is no column {source!r}.",
                remedy=f"Choose among {', '.join(profiles)}.",
                key="columns.unknown_source", file=table.names[0], line=table.header_line, column=source,
                known=", ".join(profiles),
            )  # fmt: skip
        if profiles[source].person is not None:
            raise InputError(
                f"{table.names[0]}: column {source!r} holds personal data, which is never read.",
                remedy="Choose another column, or leave it out.",
                key="columns.refused", file=table.names[0], column=source, kind=profiles[source].person,
            )  # fmt: skip
