"""What a point is called: the street and the crossings it lies between, else its neighborhood."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from jobs.dataset import Dataset
from views.i18n import Translator

OFF_STREET_M = 50.0  # metres from its street beyond which a place is not on it


class PlaceNames:
    """Names of points and neighborhoods of one dataset, in either language."""

    def __init__(self, dataset: Dataset) -> None:
        self._finder = dataset.place_finder
        units = dataset.neighborhoods
        self._units = {} if units is None else {row.neighborhood_id: row._asdict() for row in units.itertuples()}
        self._shown = dataset.shown_unit_of

    def neighborhoods(self, ids: Iterable[str | None], t: Translator) -> list[str]:
        """The names of the units that people speak of; empty where there is none."""
        return [self.neighborhood(unit, t) for unit in ids]

    def neighborhood(self, unit: str | None, t: Translator) -> str:
        """The name of the unit shown for this one; empty outside all."""
        row = self._units.get(self._shown.get(str(unit), str(unit)))
        return "" if row is None else t.name(row)

    def places(self, x: Iterable[float], y: Iterable[float], ids: Iterable[str | None], t: Translator) -> list[str]:
        """
        Name each point.

        Parameters
        ----------
        x, y : floats
            Metres, in the dataset's CRS.
        ids : neighborhood ids
            Named where there is no street with a name nearby.
        """
        xs, ys = np.asarray(list(x), dtype=float), np.asarray(list(y), dtype=float)
        if self._finder is None or len(xs) == 0:
            return [self.neighborhood(unit, t) for unit in ids]
        described = self._finder.describe(xs, ys)
        return [self._place(row, unit, t) for row, unit in zip(described.to_dict("records"), ids, strict=True)]

    def _place(self, row: dict, unit: str | None, t: Translator) -> str:
        if not row["street"]:
            return self.neighborhood(unit, t)
        place = _on_street(row, t)
        if row["distance_m"] <= OFF_STREET_M:
            return place
        return t("place.off_street", place=place, metres=10 * round(row["distance_m"] / 10))


def _on_street(row: dict, t: Translator) -> str:
    street, start, end = (_named(row, part, t) for part in ("street", "from_street", "to_street"))
    if row["at_crossing"] and (start or end):
        # Names in Latin script need blanks around the words of a Chinese sentence.
        key = "place.crossing_latin" if street.isascii() else "place.crossing"
        return t(key, street=street, other=start or end)
    if start and end and start != end:
        return t("place.between", street=street, start=start, end=end)
    if start or end:
        return t("place.near", street=street, other=start or end)
    return t("place.street", street=street)


def _named(row: dict, part: str, t: Translator) -> str:
    english = row.get(f"{part}_en")
    own = row.get(part)
    chosen = english if t.language == "en" and isinstance(english, str) and english else own
    return chosen if isinstance(chosen, str) and not pd.isna(chosen) else ""
