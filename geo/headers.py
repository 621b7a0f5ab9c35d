"""Headers as words: what people call the same column, in Chinese and English."""

# ruff: noqa: E501  (tables of words read better in long lines)
import re
import unicodedata


def normal(header: str) -> str:
    """Lower-case words with single blanks: `dispatch_date_time`, `DispatchDateTime` → `dispatch date time`."""
    text = unicodedata.normalize("NFKC", header)
    text = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])", " ", text)
    text = re.sub(r"[^\w]+|_", " ", text)
    return " ".join(text.casefold().split())


def has_phrase(words: str, phrases: tuple[str, ...]) -> int:
    """How strongly a normal header says one of the phrases: 3 it is one, 2 it ends with one, 1 it holds one, 0 no."""
    best = 0
    padded = f" {words} "
    for phrase in phrases:
        if words == phrase:
            return 3
        if _is_chinese(phrase):
            if words.endswith(phrase):
                best = max(best, 2)
            elif phrase in words:
                best = max(best, 1)
        elif padded.endswith(f" {phrase} "):
            best = max(best, 2)
        elif f" {phrase} " in padded:
            best = max(best, 1)
    return best


def _is_chinese(text: str) -> bool:
    return not text.isascii() and any("\u3400" <= c <= "\u9fff" for c in text)


LON = (
    "lon",
    "longitud",
    "längengrad",
    "long",
    "lng",
    "longitude",
    "point lon",
    "gps lon",
    "经度",
    "經度",
    "x经度",
    "wgs 84 lon",
    "geo lon",
    "coord lon",
    "東經",
    "东经",
)
LAT = (
    "lat",
    "latitud",
    "breitengrad",
    "latitude",
    "point lat",
    "gps lat",
    "纬度",
    "緯度",
    "geo lat",
    "coord lat",
    "北緯",
    "北纬",
)
X = (
    "x",
    "point x",
    "x coord",
    "x coordinate",
    "coord x",
    "easting",
    "eastings",
    "east",
    "geo x",
    "x 坐标",
    "x坐标",
    "坐标x",
    "横坐标",
    "x座標",
    "横轴",
    "posx",
)
Y = (
    "y",
    "point y",
    "y coord",
    "y coordinate",
    "coord y",
    "northing",
    "northings",
    "north",
    "geo y",
    "y 坐标",
    "y坐标",
    "坐标y",
    "纵坐标",
    "y座標",
    "纵轴",
    "posy",
)
POINT = ("location", "coordinates", "coordinate", "geometry", "wkt", "the geom", "geom", "point", "lat long", "lat lon", "latlng", "lonlat",
         "坐标", "经纬度", "經緯度", "座標", "位置坐标", "geolocation", "geo point 2 d", "shape", "georeference")  # fmt: skip
CATEGORY = ("category", "event category", "crime type", "type", "offence", "offense", "offense type", "offence type", "crime", "primary type",
            "incident type", "event type", "call type", "request type", "service request type", "complaint type", "case type", "problem",
            "issue", "issue type", "text general code", "offense description", "offence description", "crime description", "crm cd desc",
            "ofns desc", "offense category", "offence category", "crime category", "incident category", "incident subcategory",
            "nature", "classification", "charge", "subtype", "sub type", "service name", "problem type", "highest offense description",
            "description", "ucr category", "crime name", "nibrs offense", "request category", "category name", "descriptor", "hazard type",
    "categorie",
    "catégorie",
    "kategorie",
    "tipo",
    "delito",
    "delikt",
            "dispute type", "final call type", "kind", "title",
            "类别", "類別", "类型", "類型", "案件类型", "案件類型", "案件类别", "案由", "警情类别", "警情类型", "警情性质", "事件类型", "事件类别",
            "事项类别", "问题类型", "问题类别", "案别", "案類", "纠纷类型", "纠纷类别", "隐患类型", "隐患类别", "性质", "种类", "小类", "大类",
            "分类", "细类", "事由", "诉求类型", "报警类别", "报警类型", "违法类型", "罪名", "名称", "标题", "事项", "业务类型", "工单类型", "事件性质")  # fmt: skip
LAYER = ("layer", "图层", "圖層", "层", "数据层")
EVENT_ID = ("event id", "id", "incident id", "incident number", "case number", "case id", "case no", "crime id", "uid", "dc key",
            "case enquiry id", "report number", "report no", "service request id", "service request number", "sr number", "unique key",
            "objectid", "cad number", "event number", "complaint number", "cmplnt num", "dr no", "record id", "reference", "ref", "incident no",
            "request id", "ticket id", "ticket number", "ccn", "nibrs report number", "rms number", "case", "row id", "incidentid", "caseid",
            "编号", "編號", "案件编号", "案件編號", "警情编号", "接警编号", "工单号", "工单编号", "事件编号", "流水号", "案号", "单号", "受理编号",
            "序号", "序號", "纠纷编号", "隐患编号", "案件号", "受理单号", "接警单编号", "id号")  # fmt: skip
SEVERITY = (
    "severity",
    "harm",
    "harm weight",
    "weight",
    "severity score",
    "严重程度",
    "严重度",
    "危害权重",
    "权重",
    "严重性",
)
STATUS = ("status", "case status", "state", "current status", "request status", "状态", "狀態", "办理状态", "处理状态", "案件状态", "调解状态", "办结状态",
          "处置状态", "整改状态", "是否办结", "是否整改", "是否结案", "进度", "處理狀態", "办理情况", "处理结果", "办理结果", "调解结果", "处置情况")  # fmt: skip
NEIGHBORHOOD = ("neighborhood id", "neighborhood", "neighbourhood", "neighborhood name", "district", "community", "community area", "comm", "ward", "area",
                "precinct", "beat", "borough", "lsoa code", "lsoa name", "lsoa", "tract", "census tract", "village", "zone", "sector", "suburb",
                "police district", "dc dist", "psa", "division", "police d", "locality", "council district", "area name", "geoid", "zip code", "zip", "postcode",
                "社区", "社區", "网格", "網格", "行政区", "行政區", "区", "區", "里", "村", "村里", "街道", "辖区", "轄區", "派出所", "所属社区", "所属网格",
                "所属派出所", "乡镇", "鄉鎮", "区县", "片区", "小区", "警务区", "责任区", "管区", "村居", "分局")  # fmt: skip
# Texts that say where; they are read for the place alone and kept nowhere.
ADDRESS = ("address", "full address", "street address", "incident address", "location address", "address line", "address 1", "location", "location description",
           "location text", "place", "block", "block address", "hundred block", "100 block", "where", "site address", "event address", "location of occurrence",
           "地址", "详细地址", "詳細地址", "标准地址", "案发地址", "案发地点", "发案地点", "发案地址", "发生地点", "發生地點", "事发地点", "地点", "地點", "位置", "案发地", "发生地", "事发地",
           "adresse", "direccion", "dirección", "indirizzo", "ort", "lieu", "lugar")  # fmt: skip
STREET = ("street", "street name", "road", "road name", "street 1", "street one", "main street", "on street", "primary street", "road 1", "first street", "st name", "rue",
          "calle", "strasse", "straße", "路段", "街路", "道路", "街道", "路名", "街道名称", "道路名称", "街名", "主路", "道路一", "道路1", "街路名", "路街", "所在道路")  # fmt: skip
CROSS_STREET = ("cross street", "street 2", "street two", "second street", "intersecting street", "cross st", "off street", "at street", "intersecting road", "cross road", "road 2",
                "nearest cross street", "intersection with", "交叉路", "交叉道路", "相交道路", "交叉街道", "道路二", "道路2", "次路", "路口道路")  # fmt: skip
PLACE_NAME = ("place name", "location name", "site", "site name", "landmark", "poi", "poi name", "地名", "点位", "点位名称", "场所", "场所名称", "地标", "小区名称", "标准地名")  # fmt: skip
OTHER_NAMES = ("alias", "aliases", "old name", "former name", "other name", "other names", "also known as", "aka", "alternative name", "alt name", "previous name",
               "曾用名", "别名", "別名", "旧名", "舊名", "原名", "俗称", "又名", "曾用地名")  # fmt: skip
HOUSE_NUMBER = ("house number", "number", "no", "hn", "house no", "street number", "addr housenumber", "housenumber", "door number", "门牌号", "门牌", "門牌號", "門牌", "号", "門牌号")  # fmt: skip
PRECISION = ("precision", "accuracy class", "精度", "精确度")
COUNT = ("count", "event count", "events", "number of offences", "number of offenses", "offences count", "offence count", "num offences", "num events",
         "number of incidents", "incident count", "incidents", "n", "total", "frequency", "freq", "quantity", "qty", "number of events", "crime count", "offences",
         "件数", "件數", "起数", "宗数", "案件数", "次数", "数量", "數量", "发案数", "警情数", "起", "宗")  # fmt: skip
REPORTED_BY = ("reported by", "reporter type", "report source", "source", "call source", "channel", "origin of report", "request source", "intake channel", "method received",
               "open 311 source", "origin", "来源", "來源", "上报来源", "报警来源", "数据来源", "信息来源", "发现方式", "受理渠道", "渠道", "上报人类型", "报警方式")  # fmt: skip

# Times: whose moment a column tells. `plain` says nothing about whose.
TIME_ROLES = {
    "end": ("event end", "end", "end date", "end time", "to date", "to time", "date to", "time to", "date end", "time end", "occurred to", "latest", "date range end",
            "occurrence end date", "last date", "until",
        "to dt",
        "to tm",
        "cmplnt to dt",
        "cmplnt to tm",
        "last committed",
        "date last committed",
        "time last committed",
        "案发时间下限",
        "发案时间下限",
        "时间下限", "crime end", "截止", "结束", "結束", "截至", "终止", "发现时间止", "案发时间止", "发案时间止", "结束时间", "截止时间",
            "发案截止", "案发上限止", "下限"),
    "closed": ("closed at", "closed", "closed dt", "closed date", "close date", "date closed", "resolved", "resolution date", "completed", "completion date", "completed date",
               "date completed", "finished", "settled", "办结", "辦結", "结案", "結案", "关闭", "完成", "整改完成", "办结时间", "结案时间", "处置完成", "调解完成", "化解时间", "解决时间", "销号"),
    "updated": ("updated", "update", "modified", "last updated", "last update", "changed", "edited", "updated on", "更新", "修改", "同步", "导出", "打印", "due", "target date", "sla"),
    "reported": ("reported at", "reported", "report date", "report time", "date reported", "rptd", "report", "rpt", "received", "received date", "call date", "call time", "dispatch",
                 "open", "open dt", "opened", "open date", "created", "created date", "creation", "creation dt", "creation date", "date created", "entry", "entered", "entry date", "requested",
                 "requested datetime", "submitted", "posted", "logged", "recorded", "report datetime",
                 "报警", "报案", "報案", "接警", "受理", "登记", "登記", "上报", "上報", "立案", "录入", "报告", "接报", "创建", "投诉时间", "来电", "派单", "申请时间"),
    "start": ("event start", "start", "start date", "start time", "occurred", "occurred on", "occurred on date", "occurrence", "occurrence date", "occurred date", "occurred from",
              "occurred date time", "occ", "occ date", "date occ", "time occ", "date of occurrence", "from date", "from time", "date from", "time from", "incident date", "incident time", "incident datetime",
              "offence date", "offense date", "offense time", "crime date", "crime time", "event date", "event time", "cmplnt fr dt",
        "first committed",
        "date first committed",
        "time first committed",
        "案发时间上限",
        "发案时间上限", "cmplnt fr tm", "begin", "earliest", "date of offence", "date of offense",
              "accident date", "collision date", "violation date",
              "发生", "發生", "案发", "案發", "发案", "發案", "事发", "事發", "起始", "开始", "開始", "作案", "出险", "发现", "發現", "事故时间", "纠纷时间", "事件时间", "案件时间"),
    "plain": ("date", "datetime", "date time", "time", "timestamp", "month", "year", "day", "hour", "period", "when", "dt", "dow", "hour of day", "time of day", "month year", "yearmonth",
              "日期", "时间", "時間", "年月", "月份", "年份", "时刻", "時段", "时段", "小时", "时", "年", "月", "日", "统计月份"),
}  # fmt: skip
IS_DATE = (
    "date",
    "dt",
    "datetime",
    "time",
    "timestamp",
    "at",
    "on",
    "tm",
    "day",
    "month",
    "year",
    "hour",
    "日期",
    "时间",
    "時間",
    "年月",
    "月份",
    "时段",
    "時段",
    "时刻",
    "日",
    "时",
    "止",
    "起",
)
HOUR = ("hour", "hour of day", "小时", "时", "occ hour", "hr")
YEAR = ("year", "yr", "年", "年份", "occ year", "an", "crime year", "report year")
MONTH = ("month", "mon", "mo", "月", "月份", "occ month")
DAY = ("day", "day of month", "日", "occ day")

AREA_ID = ("neighborhood id", "neighborho", "id", "code", "gid", "geoid", "fid", "adcode", "objectid", "cd", "nid", "dist num", "dist numc", "district number", "number", "no", "key", "uid", "area id",
           "area numbe", "area num", "编号", "編號", "代码", "代碼", "编码", "編碼", "行政区划代码", "区划代码", "网格编号", "社区编号", "grid id")  # fmt: skip
AREA_NAME = ("name", "neighborhood", "neighbourhood", "nm", "mapname", "listname", "map name", "list name", "label", "community", "title", "district", "precinct", "ward", "area name", "namelsad", "village",
             "district name", "borough", "community name", "pri neigh", "nhood", "hood", "ntaname", "boroname", "sector", "beat",
             "名称", "名稱", "社区", "社區", "网格", "網格", "里", "村", "村里", "行政區", "行政区", "区", "區", "街道", "乡镇", "鄉鎮", "小区", "派出所", "村名", "区县", "社区名称", "网格名称", "片区")  # fmt: skip
AREA_NAME_EN = (
    "name en",
    "english",
    "english name",
    "en name",
    "name english",
    "nameen",
    "engname",
    "name eng",
    "eng name",
    "pinyin",
    "英文名",
    "英文",
    "英文名称",
    "拼音",
)
POPULATION = (
    "population",
    "pop",
    "total pop",
    "pop total",
    "totalpop",
    "residents",
    "inhabitants",
    "persons",
    "tot pop",
    "p 1",
    "人口",
    "总人口",
    "人口数",
    "人口數",
    "常住人口",
    "户籍人口",
    "實際人口",
)
HOUSEHOLDS = (
    "households",
    "household",
    "hh",
    "num households",
    "total households",
    "occupied households",
    "hholds",
    "dwellings",
    "housing units",
    "户数",
    "戶數",
    "总户数",
    "家庭户",
    "家庭户数",
    "住户数",
    "户",
)
PARENT = ("parent id", "parent", "parent name", "district", "borough", "lad", "county", "city", "municipality", "station", "division", "上级", "所属", "所属社区", "所属派出所", "所属街道", "上级编号",
          "行政區", "行政区", "区县", "縣市", "街道", "乡镇", "鄉鎮", "派出所", "社区", "社區", "上级单位", "父级")  # fmt: skip

# What the cells of a few columns say.
STATUS_WORDS = {
    "open": (
        "open", "opened", "new", "pending", "in progress", "active", "under investigation", "assigned", "received", "unresolved", "ongoing", "referred", "awaiting",
        "not resolved", "not closed", "not settled", "no", "未办结", "未結", "未结", "办理中", "处理中", "處理中", "处置中", "调解中", "待处理", "待办", "待调解", "待整改", "整改中", "未整改",
        "未处理", "未處理", "未解决", "未化解", "跟进中", "侦查中", "受理", "已受理", "受理中", "立案", "已派单", "派单", "未完成", "否", "未销号", "未调解", "调解不成", "调解未成", "新建", "未关闭", "進行中", "进行中",
    ),
    "closed": (
        "closed", "close", "resolved", "completed", "complete", "done", "finished", "settled", "cleared", "fixed", "yes", "duplicate", "closed - completed", "cancelled", "canceled", "archived", "solved",
        "办结", "已办结", "已辦結", "办理完毕", "结案", "已结案", "已結案", "关闭", "已关闭", "完成", "已完成", "已解决", "已處理", "已处理", "已处置", "已化解", "调解成功", "已调解", "已整改", "整改完成", "销号", "已销号", "是", "归档", "已归档",
    ),
}  # fmt: skip
REPORTER_WORDS = {
    "resident": (
        "resident", "citizen", "public", "constituent", "constituent call", "citizens connect app", "self service", "phone", "call", "caller", "hotline", "web", "website", "app", "mobile app", "twitter", "email",
        "walk in", "victim", "neighbor", "neighbour", "telephone", "911", "311", "online", "居民", "群众", "市民", "村民", "业主", "电话", "热线", "12345", "110", "群众举报", "网上", "小程序", "来访", "报警", "電話", "民眾",
    ),
    "patrol": (
        "patrol", "officer", "employee", "employee generated", "city worker", "city worker app", "inspector", "inspection", "on view", "onview", "self initiated", "staff", "field", "crew", "warden", "volunteer",
        "巡逻", "巡查", "巡防", "民警", "网格员", "巡检", "检查", "志愿者", "城管", "巡邏", "工作人员", "走访",
    ),
    "system": ("system", "sensor", "camera", "automatic", "auto", "maximo integration", "integration", "alarm", "cctv", "iot", "系统", "监控", "摄像头", "传感器", "自动", "物联网", "探头"),
}  # fmt: skip
LAYER_WORDS = {
    "incident": ("incident", "incidents", "crime", "案件", "警情", "事件", "治安"),
    "dispute": ("dispute", "disputes", "纠纷", "糾紛", "矛盾纠纷", "矛盾"),
    "hazard": ("hazard", "hazards", "隐患", "隱患", "险患"),
}
DOMESTIC = (
    "domestic",
    "domestic related",
    "domestic violence",
    "domestic flag",
    "family violence",
    "是否家暴",
    "涉家暴",
    "家暴",
)
YES = ("true", "t", "yes", "y", "1", "1.0", "是", "x", "涉及")
