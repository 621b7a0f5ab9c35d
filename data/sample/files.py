"""
The events of the sample city as its sources keep them: four files, each with its own words, encoding and faults.

The faults are the common ones of real files, each on rows that no planted hotspot needs, and counted.
"""

import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
import xlsxwriter

from data.sample.patterns import AS_OF
from data.sample.shapes import degrees

# Rows by fault and file. The sets of rows are disjoint but for the repeats, which repeat sound rows.
FAULTS = {
    "incidents.csv": {
        "no_coordinates": 34, "zero_coordinates": 5, "swapped_axes": 2, "outside_area": 8, "text_in_time": 3,
        "year_2099": 1, "unknown_category": 12, "exact_repeats": 8,
    },
    "disputes.xlsx": {
        "no_coordinates": 15, "zero_coordinates": 1, "swapped_axes": 1, "outside_area": 2, "exact_repeats": 2,
    },
    "hazards.csv": {"no_coordinates": 9, "zero_coordinates": 2, "text_in_time": 1},
    "reports.geojson": {"no_coordinates": 4, "outside_area": 1},
}  # fmt: skip
UNKNOWN_CATEGORY = "未分类"
TEXT_TIMES = ("不详", "昨天夜里", "待补")
ENCODINGS = {
    "incidents.csv": "utf-8-sig",
    "disputes.xlsx": "xlsx",
    "hazards.csv": "gb18030",
    "reports.geojson": "utf-8",
}
OUTSIDE = (
    (2350, -700),
    (-2300, -600),
    (-2100, 1350),
    (200, 1760),
    (1500, -1600),
    (-500, -1750),
    (2500, 1500),
    (-2400, 300),
)


def sources(events: pd.DataFrame, communities: np.ndarray, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Split the events by file, with ids and degrees, and bring the faults in. Column `fault` names each."""
    lonlat = shapely.get_coordinates(degrees(shapely.points(events[["x", "y"]].to_numpy())))
    events = events.assign(lon=lonlat[:, 0], lat=lonlat[:, 1], community=communities, fault="")
    return {
        name: _with_faults(events[events["file"] == name].sort_values("known", kind="stable"), FAULTS[name], name, rng)
        for name in sorted(FAULTS)
    }


def _with_faults(rows: pd.DataFrame, faults: dict[str, int], file: str, rng: np.random.Generator) -> pd.DataFrame:
    rows = rows.reset_index(drop=True)
    known = pd.DatetimeIndex(rows["known"])
    number = rows.groupby(known.strftime("%y%m")).cumcount() + 1
    letter = {"incidents.csv": "J", "disputes.xlsx": "D", "hazards.csv": "Y", "reports.geojson": "R"}[file]
    rows["id"] = letter + known.strftime("%y%m") + "-" + number.astype(str).str.zfill(4)
    rows["time_text"] = ""
    eligible = rows.index[
        rows["planted"].eq("") & rows["count"].eq(1) & ~rows["day_only"] & rows["start"].eq(rows["end"])
    ]
    chosen = iter(rng.permutation(eligible.to_numpy()))
    for fault, n in faults.items():
        at = np.sort([next(chosen) for _ in range(n)])
        if fault == "exact_repeats":
            continue
        rows.loc[at, "fault"] = fault
        if fault == "no_coordinates":
            rows.loc[at, ["lon", "lat"]] = np.nan
        elif fault == "zero_coordinates":
            rows.loc[at, ["lon", "lat"]] = 0.0
        elif fault == "swapped_axes":
            rows.loc[at, ["lon", "lat"]] = rows.loc[at, ["lat", "lon"]].to_numpy()
        elif fault == "outside_area":
            xy = np.array([OUTSIDE[i % len(OUTSIDE)] for i in range(n)], dtype=float) + rng.normal(0, 25, (n, 2))
            rows.loc[at, ["lon", "lat"]] = shapely.get_coordinates(degrees(shapely.points(xy)))
            rows.loc[at, "community"] = ""
        elif fault == "text_in_time":
            rows.loc[at, "time_text"] = [TEXT_TIMES[i % len(TEXT_TIMES)] for i in range(n)]
        elif fault == "year_2099":
            rows.loc[at, "time_text"] = rows.loc[at, "start"].dt.strftime("2099-%m-%d %H:%M")
        elif fault == "unknown_category":
            rows.loc[at, "text"] = UNKNOWN_CATEGORY
    repeats = faults.get("exact_repeats", 0)
    if repeats:
        at = np.sort([next(chosen) for _ in range(repeats)])
        again = rows.loc[at].assign(fault="exact_repeats")
        rows = pd.concat([rows, again.set_index(again.index + 0.5)]).sort_index(kind="stable").reset_index(drop=True)
    return rows


def incidents_text(rows: pd.DataFrame, rng: np.random.Generator) -> str:
    """The police register: Chinese headers, spans, a count, a column of (made up) telephone numbers to be refused."""
    start = pd.DatetimeIndex(rows["start"])
    time = np.where(rows["day_only"], start.strftime("%Y-%m-%d"), start.strftime("%Y-%m-%d %H:%M"))
    end = np.where(rows["start"].eq(rows["end"]), "", pd.DatetimeIndex(rows["end"]).strftime("%Y-%m-%d %H:%M"))
    # Numbers of a block that is not in use; the same person never comes twice. A repeat of a row repeats its number.
    phone = (
        pd.Series(rng.integers(0, 100000, len(rows))).map("138000{:05d}".format).where(rng.random(len(rows)) < 0.35, "")
    )
    phone = phone.mask(rows["fault"].eq("exact_repeats"), phone.shift(1)).mask(rows["patrol"], "")
    table = pd.DataFrame(
        {
            "接警编号": rows["id"],
            "发生时间": np.where(rows["time_text"] != "", rows["time_text"], time),
            "结束时间": end,
            "警情类别": rows["text"],
            "起数": rows["count"],
            "经度": _degrees_text(rows["lon"]),
            "纬度": _degrees_text(rows["lat"]),
            "警情来源": np.where(rows["patrol"], "巡逻发现", "群众报警"),
            "处理状态": np.where(rows["settled"].isna(), "处理中", "已办结"),
            "报警人电话": phone,
        }
    )
    return table.to_csv(index=False, lineterminator="\n")


def hazards_text(rows: pd.DataFrame) -> str:
    """The register of hazards: one time of report, one of settlement, the community beside the point."""
    table = pd.DataFrame(
        {
            "隐患编号": rows["id"],
            "隐患类型": rows["text"],
            "上报时间": np.where(
                rows["time_text"] != "", rows["time_text"], pd.DatetimeIndex(rows["start"]).strftime("%Y/%m/%d %H:%M")
            ),
            "办结时间": pd.DatetimeIndex(rows["settled"]).strftime("%Y/%m/%d %H:%M").fillna(""),
            "整改状态": np.where(rows["settled"].isna(), "未整改", "已整改"),
            "上报来源": np.where(rows["patrol"], "巡查发现", "群众上报"),
            "所属社区": rows["community"],
            "经度": _degrees_text(rows["lon"]),
            "纬度": _degrees_text(rows["lat"]),
        }
    )
    return table.to_csv(index=False, lineterminator="\r\n")


def disputes_book(rows: pd.DataFrame) -> bytes:
    """The mediators' register: an Excel sheet with true dates."""
    memory = io.BytesIO()
    book = xlsxwriter.Workbook(memory, {"in_memory": True, "nan_inf_to_errors": False})
    book.set_properties({"created": datetime(AS_OF.year, AS_OF.month, AS_OF.day), "title": "示例数据", "author": ""})
    sheet = book.add_worksheet("纠纷登记")
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    headers = ("登记编号", "发生时间", "登记时间", "纠纷类型", "所属社区", "经度", "纬度", "调处状态", "办结时间")
    sheet.write_row(0, 0, headers)
    sheet.set_column(1, 2, 16)
    state = np.where(rows["settled"].isna(), "调解中", "已调解")
    columns: tuple[Any, ...] = (
        rows["id"],
        rows["start"],
        rows["known"],
        rows["text"],
        rows["community"],
        rows["lon"],
        rows["lat"],
        state,
        rows["settled"],
    )
    for c, values in enumerate(columns):
        for r, value in enumerate(values, start=1):
            if pd.isna(value) or value == "":
                continue
            if isinstance(value, pd.Timestamp):
                sheet.write_datetime(r, c, value.to_pydatetime(), moment)
            else:
                sheet.write(r, c, value)
    sheet.freeze_panes(1, 0)
    book.close()
    return memory.getvalue()


def reports_text(rows: pd.DataFrame) -> str:
    """What residents sent through an app, in English: GeoJSON, times with their offset."""
    settled = pd.DatetimeIndex(rows["settled"])
    features = [
        {
            "type": "Feature",
            "properties": {
                "id": key,
                "type": text,
                "reported_at": at,
                "status": "Closed" if done else "Open",
                "closed_at": done or None,
            },
            "geometry": None if np.isnan(lon) else {"type": "Point", "coordinates": [lon, lat]},
        }
        for key, text, at, done, lon, lat in zip(
            rows["id"],
            rows["text"],
            pd.DatetimeIndex(rows["start"]).strftime("%Y-%m-%dT%H:%M:00+08:00"),
            settled.strftime("%Y-%m-%dT%H:%M:00+08:00").fillna(""),
            rows["lon"],
            rows["lat"],
            strict=True,
        )
    ]
    return feature_collection(features)


def feature_collection(features: list[dict]) -> str:
    """GeoJSON with one feature a line, so that differences can be read."""
    lines = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in features)
    return f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'


def answers(name: str, rows: pd.DataFrame) -> dict:
    """What a reader should find in a file."""
    fault = rows["fault"].value_counts().to_dict()
    rejected = fault.get("text_in_time", 0)
    no_point = fault.get("no_coordinates", 0) + fault.get("zero_coordinates", 0)
    outside = fault.get("outside_area", 0)
    sound = rows["fault"].ne("year_2099") & rows["fault"].ne("text_in_time")
    return {
        "encoding": ENCODINGS[name],
        "rows": len(rows),
        "rejected": rejected,
        "kept": len(rows) - rejected,
        "with_point": len(rows) - rejected - no_point,
        "placed": len(rows) - rejected - no_point - outside,
        "events": int(rows["count"].sum()),
        "open": int(rows["settled"].isna().sum()),
        "patrol": int(rows["patrol"].sum()),
        "spans": int(rows["start"].ne(rows["end"]).sum()) if name == "incidents.csv" else 0,
        "day_only": int(rows["day_only"].sum()),
        "first_start": str(rows.loc[sound, "start"].min()),
        "last_start": str(rows.loc[sound, "start"].max()),
        "faults": {key: int(fault.get(key, 0)) for key in FAULTS[name]},
        "categories": {key: int(n) for key, n in sorted(rows["text"].value_counts().items())},
    }


def write(folder: Path, name: str, content: str | bytes) -> Path:
    """Write one file in its own encoding."""
    path = folder / name
    encoding = ENCODINGS.get(name, "utf-8")
    path.write_bytes(
        content if isinstance(content, bytes) else content.encode("utf-8" if encoding == "xlsx" else encoding)
    )
    return path


def _degrees_text(values: pd.Series) -> pd.Series:
    return values.map("{:.6f}".format).where(values.notna(), "").replace("0.000000", "0")
