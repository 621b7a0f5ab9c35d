"""Guards quoted by everything else: each trips with a sentence, before an array operation would trip with a riddle."""

import math
from typing import Any

from geo.errors import InputError


def require_same_shape(**arrays: Any) -> None:
    """Raise InputError unless all arrays have one shape."""
    shapes = {name: tuple(array.shape) for name, array in arrays.items()}
    if len(set(shapes.values())) > 1:
        names = " and ".join(f"`{name}`" for name in shapes)
        found = ", ".join(str(shape) for shape in shapes.values())
        raise InputError(
            f"{names} must have the same shape; they have {found}.",
            remedy="Make them from one grid.",
            key="checks.same_shape",
            names=names,
            shapes=found,
        )


def require_columns(frame: Any, columns: list[str], name: str) -> None:
    """Raise InputError unless the frame has all the columns."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise InputError(
            f"`{name}` lacks the columns {', '.join(missing)}.",
            remedy="Read it with geo.read, which makes all canonical columns.",
            key="checks.columns",
            name=name,
            columns=", ".join(missing),
        )


def require_positive(**numbers: float) -> None:
    """Raise InputError unless every number is finite and above zero."""
    for name, value in numbers.items():
        if not (math.isfinite(value) and value > 0):
            raise InputError(
                f"`{name}` must be above zero; it is {value}.",
                remedy="Give a number above zero.",
                key="checks.positive",
                name=name,
                value=value,
            )


def require_metric(crs: Any, name: str) -> None:
    """Raise InputError unless the CRS is projected and measured in metres."""
    axes = getattr(crs, "axis_info", None) or []
    if not axes or any(axis.unit_name not in ("metre", "meter") for axis in axes[:2]):
        raise InputError(
            f"`{name}` must be in a CRS measured in metres; it is in {crs}.",
            remedy="Project it with geo.crs.to_metric().",
            key="crs.not_metric",
            name=name,
            crs=str(crs),
        )
