"""The canonical words: the columns of events, neighborhoods, streets and land, and the values they may take."""

LAYERS = ("incident", "dispute", "hazard")
STATUSES = ("open", "closed")
PRECISIONS = ("address", "block", "area", "unknown")
REPORTERS = ("resident", "patrol", "system")

# In memory, events are a plain DataFrame with these columns and float coordinates: a point object costs 210 bytes.
# At rest and in exports they are GeoParquet with a point geometry in EPSG:4326.
EVENT_COLUMNS = {
    "event_id": "string",
    "layer": "category",
    "category": "category",
    "category_source": "category",
    "event_start": "timestamp",
    "event_end": "timestamp",
    "severity": "float64",
    "status": "category",
    "neighborhood_id": "category",
    "precision": "category",
    "count": "int64",
    "reported_at": "timestamp",
    "closed_at": "timestamp",
    "reported_by": "category",
    "source": "category",
    "source_row": "int64",
    "import_id": "category",
    "superseded_by": "category",
    "repairs": "category",
    "lon": "float64",
    "lat": "float64",
}

# `name_en` holds the name in Latin script where the source has one; screens in English show it instead of `name`.
# `aliases` are other and older names, joined by `;`, empty where there are none.
NEIGHBORHOOD_COLUMNS = (
    "neighborhood_id", "name", "name_en", "population", "households", "parent_id", "aliases", "geometry",
)  # fmt: skip
ROAD_CLASSES = ("ring", "primary", "secondary", "local", "lane")
# A street row is one piece between two crossings; `u` and `v` number the crossings, `piece` the connected part.
# `locked` ways are private or in a closed compound, never walked; `beside` is the `street_id` of a sidewalk's street.
STREET_COLUMNS = (
    "street_id", "name", "name_en", "road_class", "walkable", "bridge", "length_m", "u", "v", "piece",
    "steps", "locked", "beside", "geometry",
)  # fmt: skip
STREET_DEFAULTS = {"steps": False, "locked": False, "beside": ""}  # of streets kept before these columns
LAND_KINDS = ("water", "park", "rail")
LAND_COLUMNS = ("kind", "name", "name_en", "geometry")

GEOGRAPHIC_CRS = "EPSG:4326"
