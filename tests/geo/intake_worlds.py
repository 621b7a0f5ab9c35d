"""Small worlds for the tests of reading: two villages side by side, and a one-line way to read a text as a file."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from shapely.geometry import box

from geo.read import Reading, read_events
from geo.taxonomy import read_taxonomy

TAXONOMY = read_taxonomy()


def two_villages() -> gpd.GeoDataFrame:
    """东村 (a) west of 西村 (b); they share the border at 116.4 degrees east."""
    return gpd.GeoDataFrame(
        {
            "neighborhood_id": ["a", "b"],
            "name": ["东村", "西村"],
            "name_en": ["East Village", "West Village"],
            "population": [1000.0, 2000.0],
            "households": [np.nan, np.nan],
            "parent_id": [None, None],
        },
        geometry=[box(116.3, 39.8, 116.4, 39.95), box(116.4, 39.8, 116.5, 39.95)],
        crs=4326,
    )


def read_text(folder: Path, text: str | bytes, name: str = "file.csv", **options: Any) -> Reading:
    """Write the text to a file of that name and read it."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    reading = read_events([path], taxonomy=TAXONOMY, **options)
    report = reading.report
    assert report.rows_read == report.rows_kept + report.rows_rejected
    assert (len(reading.events), len(reading.rejects)) == (report.rows_kept, report.rows_rejected)
    return reading


def finding(reading: Reading, code: str) -> Any:
    """The one finding of that code."""
    (found,) = [f for f in reading.report.findings if f.code == code]
    return found


def mapped(reading: Reading) -> dict[str, str]:
    """Canonical → source, as the report says it."""
    return {guess.canonical: guess.source for guess in reading.report.columns if guess.canonical}
