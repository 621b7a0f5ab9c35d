"""In which datum files for phones are written, and the sentence in which each of them says so."""

from dataclasses import dataclass

import numpy as np

from geo.china_datum import AGREES_M, declared, is_shifted
from geo.errors import InputError
from geo.gpx import WGS84
from views.i18n import Translator

PHONE_DATUMS = ("wgs-84", "gcj-02", "bd-09")


@dataclass(frozen=True)
class PhoneDatum:
    """The datum of phone files, and whether maps of the place are shifted at all."""

    key: str = "wgs-84"
    in_china: bool = False

    @property
    def name(self) -> str:
        """As `geo.gpx` takes it: `WGS 84`, `GCJ-02` or `BD-09`."""
        return declared(self.key) or WGS84

    def sentence(self, t: Translator) -> str:
        """What a file says of its datum."""
        china = ".china" if self.key == "wgs-84" and self.in_china else ""
        return t(f"datum.phone.{self.key}{china}", accuracy=AGREES_M)


def phone_datum(wanted: str, lon: np.ndarray, lat: np.ndarray) -> PhoneDatum:
    """
    The datum wanted, if the maps of these places can be in it.

    Parameters
    ----------
    wanted : str
        `wgs-84`, `gcj-02` or `bd-09`; case and marks do not matter.
    lon, lat : arrays of floats
        Degrees of what the files will hold.

    Raises
    ------
    InputError
        For another word, and for a shifted datum where maps are not shifted.
    """
    datum = declared(wanted)
    key = datum.lower() if datum else wanted.strip().lower()
    if key in ("wgs84", "wgs 84"):
        key = "wgs-84"
    if key not in PHONE_DATUMS:
        raise InputError(
            f"{wanted!r} is no datum of phone files.",
            remedy=f"Choose among {', '.join(PHONE_DATUMS)}.",
            key="datum.phone_unknown",
            datum=wanted,
        )
    in_china = bool(is_shifted(np.asarray(lon, float), np.asarray(lat, float)).any())
    if datum and not in_china:
        raise InputError(
            "This plan lies where maps are not shifted (beyond China's mainland, Hong Kong and Macau), "
            f"so phone files cannot be written in {datum}.",
            remedy="Leave --phone-datum at wgs-84: every phone map here uses it.",
            key="datum.phone_elsewhere",
            datum=datum,
        )
    return PhoneDatum(key, in_china)
