"""The settings of one workspace, kept in its `walkwatch.toml`; every one has a default that rarely needs a hand."""

from pathlib import Path
from typing import Any

import tomlkit
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from geo.errors import InputError

SETTINGS_FILE = "walkwatch.toml"


class StartPoint(BaseModel):
    """A station or community office where walks begin and end; degrees, EPSG:4326."""

    name: str
    name_en: str = ""
    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)


class Settings(BaseModel):
    """What a station sets once. Lengths in metres, times in minutes or hours as named."""

    model_config = ConfigDict(extra="forbid")

    station: str = ""
    station_en: str = ""
    # The station's own number, printed on the volunteers' sheets beside 110.
    station_phone: str = Field(default="", max_length=30, pattern=r"^[0-9+() \-]*$")
    language: str | None = Field(default=None, pattern="^(zh|en)$")
    timezone: str | None = None
    crs: str | None = None
    # Whose public holidays the place keeps: a country, or a country and its part, by ISO 3166 ("CN", "US-PA").
    holidays: str = Field(default="", pattern=r"^([A-Z]{2}(-[A-Z0-9]{1,3})?)?$")
    cell_size: float = Field(default=100.0, ge=25, le=2000)
    days: int = Field(default=28, ge=1, le=3660)
    bandwidth: float = Field(default=800.0, ge=100, le=5000)
    radius: float = Field(default=150.0, ge=50, le=1000)
    false_discovery_rate: float = Field(default=0.05, gt=0, le=0.2)
    reach: float = Field(default=200.0, ge=50, le=1000)
    walkers: int = Field(default=4, ge=0, le=50)
    walk_minutes: int = Field(default=90, ge=20, le=480)
    watches: int = Field(default=3, ge=0, le=100)
    watch_hours: float = Field(default=2.0, ge=0.5, le=12)
    # In which datum files for phones are written; the shifted ones are for maps made for China.
    phone_datum: str = Field(default="wgs-84", pattern="^(wgs-84|gcj-02|bd-09)$")
    volunteers_until_hour: int = Field(default=21, ge=12, le=24)
    starts: list[StartPoint] = Field(default_factory=list)
    # Points, longitude before latitude: defaults that are real places after all, and further ones to set aside.
    points_put_back: list[tuple[float, float]] = Field(default_factory=list)
    points_set_aside: list[tuple[float, float]] = Field(default_factory=list)
    credit: str = ""
    credit_en: str = ""
    map_review_number: str = ""
    # What may be said in public; `geo.privacy` refuses values below its floor.
    min_events: int = Field(default=5, le=10_000)
    min_dispute_events: int = Field(default=10, le=10_000)
    min_households: int = Field(default=50, le=1_000_000)
    retention_days: int | None = Field(default=None, ge=28)
    # What reading one file may take, in a process of its own.
    read_memory_mb: int = Field(default=3072, ge=512, le=262_144)
    read_seconds: int = Field(default=300, ge=10, le=86_400)

    def credit_in(self, language: str) -> str:
        """Whom the map's data are owed to, in the language of the page where the station wrote it in both."""
        return self.credit_en if language == "en" and self.credit_en else self.credit


def read_settings(workspace: Path) -> Settings:
    """Read the workspace's settings; a missing file means all defaults."""
    path = workspace / SETTINGS_FILE
    if not path.exists():
        return Settings()
    try:
        return Settings.model_validate(tomlkit.parse(path.read_text(encoding="utf-8")).unwrap())
    except (ValidationError, tomlkit.exceptions.ParseError) as error:
        reason = _first_reason(error)
        raise InputError(
            f"{path.name} cannot be used: {reason}.",
            remedy="Mend that line; deleting it brings back the default.",
            key="settings.invalid",
            file=path.name,
            reason=reason,
        ) from error


def settings_text(settings: Settings, previous: str = "") -> str:
    """The TOML text of the settings that differ from the defaults, keeping the comments of `previous`."""
    document = tomlkit.parse(previous) if previous else tomlkit.document()
    values: dict[str, Any] = settings.model_dump(exclude_defaults=True)
    full = settings.model_dump()
    for name in [one for one in document if one in full and one not in values]:
        if document[name].unwrap() != full[name]:
            del document[name]  # back at its default
    for name, value in values.items():
        document[name] = value
    return tomlkit.dumps(document)


def _first_reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']} (found {first.get('input')!r})"
    return str(error)
