"""
Which roads one may walk, and how important each is: the rules that turn a street file's own words into ours.

The words are OpenStreetMap's `highway` values and those of other files' class columns. The rules of access follow the
walking profiles of open routers: motorways and private ways are out; a trunk road is in unless its tags close it; a
cycleway is in only where walkers are admitted.
"""

import unicodedata

import numpy as np
import pandas as pd

from geo.schema import ROAD_CLASSES

_CLASS_WORDS = {
    "ring": (
        "motorway motorway_link trunk trunk_link autoroute expressway freeway highway interstate autobahn autopista "
        "高速 高速公路 快速 快速路 城市快速路 环路 环线 高架路 "
    ),
    "primary": (
        "primary primary_link arterial artery artere nationale national main major avenue boulevard "
        "主干路 主干道 主路 国道 省道 大道 "
    ),
    "secondary": (
        "secondary secondary_link tertiary tertiary_link collector collectrice collectrice_municipale minor_arterial "
        "次干路 次干道 县道 "
    ),
    "local": (
        "residential unclassified living_street pedestrian road local locale street minor busway "
        "支路 街 街道 路 道路 乡道 居住区道路 步行街 "
    ),
    "lane": (
        "service footway path steps stairs stairway staircase track cycleway bridleway corridor platform via_ferrata "
        "elevator track_grade1 track_grade2 track_grade3 track_grade4 track_grade5 台阶 阶梯 楼梯 石阶 梯道 "
        "lane alley ruelle walkway sidewalk trail 巷 胡同 弄 里 小路 便道 人行道 步道 村道 "
    ),
}
ROAD_CLASS_OF = {word: road_class for road_class, words in _CLASS_WORDS.items() for word in words.split()}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Lines that carry a `highway` tag or class but are no way one could use today.
NO_ROAD = _words(
    "construction proposed planned abandoned razed removed demolished disused raceway bus_stop rest_area services "
    "emergency_bay escape bus_guideway no"
)
_NEVER_WALKED = _words(
    "motorway motorway_link autoroute expressway freeway interstate autobahn autopista busway "
    "高速 高速公路 快速路 城市快速路 高架路"
)
# A closed compound's inner ways, and ways inside a building, whose doors keep hours.
_WALKED_IF_ADMITTED = _words("cycleway corridor elevator")
_ADMITS = _words("yes designated permissive official public destination customers")
_REFUSES = _words("no private use_sidepath emergency military agricultural forestry delivery permit")
_FALSE_WORDS = frozenset(("", "no", "false", "0", "0.0", "none", "nan", "f", "否", "无"))
_PRIVATE = _words("private no residents resident permit locked gated 私有 封闭 内部")
STEPS = _words("steps stairs stairway staircase stair 台阶 阶梯 楼梯 石阶 梯道")
WALKERS_OWN = _words("footway path steps pedestrian cycleway sidewalk walkway 人行道 步道")


def plain_word(value: object) -> str:
    """One class word in lower case, without accents, `_` for blanks; of several (`a;b`, `['a', 'b']`) the first."""
    if not isinstance(value, str):
        return ""
    first = value.split("," if value.startswith("[") else ";")[0].strip().strip("[]'\"").casefold()
    bare = "".join(c for c in unicodedata.normalize("NFKD", first) if not unicodedata.combining(c))
    return bare.replace(" ", "_").replace("-", "_")


def road_classes(kinds: pd.Series) -> np.ndarray:
    """
    The road class of each kind of road; `local` where the word is not known.

    Parameters
    ----------
    kinds : Series of str
        Words as `plain_word` makes them.

    Returns
    -------
    array of objects, each in `geo.schema.ROAD_CLASSES`
    """
    known = {name: name for name in ROAD_CLASSES} | ROAD_CLASS_OF
    return kinds.map(known).fillna("local").to_numpy(dtype=object)


def is_true(values: pd.Series) -> np.ndarray:
    """Whether each cell of a yes-or-no column says yes; any word but a known no counts ("viaduct", "movable")."""
    words = values.fillna("").astype(str).str.strip().str.casefold()
    return ~words.isin(_FALSE_WORDS).to_numpy(dtype=bool)


def walkable(tags: pd.DataFrame) -> np.ndarray:
    """
    Whether one may walk along each line.

    Parameters
    ----------
    tags : DataFrame of str
        Columns `highway`, `access`, `foot`, `motorroad`, `expressway`, `sidewalk`, `indoor`; "" where unknown.

    Returns
    -------
    array of bools
        A tag on foot decides before one on access in general, as OpenStreetMap has it.
    """
    kind, foot = tags["highway"], tags["foot"]
    admitted, refused = foot.isin(_ADMITS), foot.isin(_REFUSES)
    never = kind.isin(_NEVER_WALKED) & ~(admitted & (kind == "busway"))
    closed = tags["access"].isin(_REFUSES) & ~admitted
    fast = (
        kind.isin(["trunk", "trunk_link"])
        & (tags["motorroad"].eq("yes") | tags["expressway"].eq("yes") | tags["sidewalk"].isin(["no", "none"]))
        & ~admitted
    )
    inside = (kind.isin(_WALKED_IF_ADMITTED) | tags["indoor"].eq("yes")) & ~admitted
    return ~(never | refused | closed | fast | inside).to_numpy(dtype=bool)


def private(tags: pd.DataFrame) -> np.ndarray:
    """
    Whether each line is a private way: others are refused, walkers are not admitted, and it is no motorway.

    Parameters
    ----------
    tags : DataFrame of str
        Columns `highway`, `access`, `foot`, `locked`; "" where unknown.

    Returns
    -------
    array of bools
    """
    refused = tags["access"].isin(_PRIVATE) | is_true(tags["locked"])
    return (refused & ~tags["foot"].isin(_ADMITS) & ~tags["highway"].isin(_NEVER_WALKED)).to_numpy(dtype=bool)


def admits(foot: pd.Series) -> np.ndarray:
    """Whether each tag on foot admits everybody."""
    return foot.isin(_ADMITS).to_numpy(dtype=bool)


def never_walked(kinds: pd.Series) -> np.ndarray:
    """Whether each kind of road is one that nobody walks: motorways and the like."""
    return kinds.isin(_NEVER_WALKED).to_numpy(dtype=bool)


def has_steps(kinds: object) -> bool:
    """Whether a class text (`steps`, `footway;steps`, `['footway', 'steps']`) names stairs."""
    if not isinstance(kinds, str) or not kinds:
        return False
    return any(plain_word(part.strip("[] ")) in STEPS for part in kinds.replace(",", ";").split(";"))
