"""GDAL with its doors shut: only the drivers we mean, nothing fetched, no file but the one named."""

import os

# Drivers that open other files or addresses than the one they are given; `OGR_VRT` text under any ending returned rows
# of another file on the machine. GDAL reads the list once, when it registers its drivers, so this module comes first.
_SKIPPED = (
    "OGR_VRT,VRT,GDALG,HTTP,WFS,OAPIF,OGCAPI,CSW,WMS,WCS,WMTS,EEDA,EEDAI,Elasticsearch,Carto,AmigoCloud,PLSCENES,NGW,ADBC,"
    "MVT,MBTiles,PMTiles,GTFS,GPSBabel,GeoRSS,PDF,CSV,ODS,XLSX,TopoJSON,ESRIJSON,JSONFG,GeoJSONSeq,MapML,PDS4,VICAR,LVBAG,"
    # Harmless, but for no kind that we read or write: what is not there cannot be led astray.
    "PCIDSK,MapInfo File,S57,DGN,GML,GPX,OGR_GMT,SQLite,WAsP,OpenFileGDB,DXF,VFK,PGDUMP,OSM,OGR_PDS,EDIGEO,Idrisi,SXF,"
    "Selafin,JML,VDV,MiraMonVector,AVCBin,AVCE00,AIVector"
)
_OPTIONS = {
    "GDAL_HTTP_PROXY": "http://127.0.0.1:9",
    "GDAL_HTTP_TIMEOUT": "1",
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "OGR_GEOJSON_MAX_OBJ_SIZE": "500",
    "OSR_USE_NETWORK": "NO",
}

os.environ.setdefault("GDAL_SKIP", _SKIPPED)
os.environ.setdefault("PROJ_NETWORK", "OFF")

import pyogrio  # noqa: E402

# Every further registration would warn that a driver to skip is gone already.
os.environ.pop("GDAL_SKIP")

pyogrio.set_gdal_config_options(_OPTIONS)

__all__ = ["pyogrio"]
