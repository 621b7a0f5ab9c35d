"""The sentences that stand first: what rose or fell beyond chance, from a table of comparisons."""

import pandas as pd

from views.i18n import Translator


def headline(layers: pd.DataFrame, t: Translator) -> str:
    """
    Say in one sentence which layers rose or fell beyond chance.

    Parameters
    ----------
    layers : DataFrame
        Index: layer; column `verdict` of `rise`, `fall`, `chance`, `unknown`.
    """
    groups = {verdict: list(layers.index[layers["verdict"] == verdict]) for verdict in ("rise", "fall", "chance")}
    clauses = [
        t(f"headline.{verdict}", layers=t.listed(t(f"layer.{layer}") for layer in names))
        for verdict, names in groups.items()
        if names
    ]
    if not clauses:
        return t("headline.unknown")
    text = t("headline.join").join(clauses) + t("headline.end")
    return text[:1].upper() + text[1:]
