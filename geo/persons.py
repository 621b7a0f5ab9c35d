"""Columns that hold persons are refused at the door, by their header and by the pattern of their values, and masked everywhere."""

# ruff: noqa: E501  (tables of words read better in long lines)
import re
from collections.abc import Callable, Sequence

import numpy as np

from geo.names import are_names

MASK = "•••"

_HEADER_WORDS = {
    "name": "姓名 名字 当事人 當事人 报警人 報案人 报案人 举报人 投诉人 申请人 受害人 被害人 嫌疑人 犯罪嫌疑人 联系人 聯絡人 户主 戶主 业主姓名 住户 "
    "家长 监护人 民警姓名 办案民警 承办人 经办人 處理人員 诉求人 来电人 驾驶人 车主 房东姓名",
    "phone": "电话 電話 手机 手機 联系方式 聯絡方式 联系电话 手机号 来电号码 主叫号码 微信 微信号 qq 邮箱 電郵 电子邮件",
    "identity": "身份证 身分證 身份证号 证件号 证件号码 身分證字號 护照 社保号 统一编号 人员编号",
    "plate": "车牌 車牌 车牌号 号牌 車號 牌照",
    "attribute": "性别 性別 年龄 年齡 出生日期 出生年月 民族 籍贯 籍貫 宗教 户籍 户籍地 国籍 國籍 政治面貌 学历 文化程度 婚姻状况 职业",
    "address": "门牌号 门牌 家庭住址 住址 户籍地址 房号 室号 门户号",
}
_HEADER_TOKENS = {
    "name": {"victim name", "suspect name", "complainant", "caller", "owner", "contact", "first name", "last name", "surname",
             "given name", "full name", "person", "officer", "reporter name", "applicant", "resident name", "witness", "driver",
             "offender", "suspect", "arrestee", "defendant", "victim", "submitter", "submitted by", "employee"},
    "phone": {"phone", "telephone", "mobile", "cell", "tel", "phone number", "email", "e mail", "mail", "fax", "wechat", "contact number"},
    "identity": {"ssn", "passport", "id card", "identity", "identity number", "social security", "national id", "license number",
                 "driver license", "licence number", "dob", "date of birth", "birth date", "birthdate", "birthday"},
    "plate": {"plate", "license plate", "licence plate", "number plate", "registration number", "vin", "plate number"},
    "attribute": {"sex", "gender", "race", "ethnicity", "religion", "nationality", "age", "victim age", "victim sex", "victim race",
                  "suspect race", "suspect sex", "suspect age", "vict age", "vict sex", "vict descent", "age group", "marital status",
                  "self defined ethnicity", "officer defined ethnicity", "perp race", "perp sex", "perp age group", "vic race",
                  "vic sex", "vic age group", "susp race", "susp sex", "susp age group", "age range", "occupation"},
    "address": {"house number", "door number", "apartment", "apt", "unit number", "flat", "home address", "room"},
}  # fmt: skip

# Whole-value patterns; a column is refused when most of its values match one.
PROVINCES = "京津沪滬渝冀豫云雲辽遼黑湘皖鲁魯新苏蘇浙赣贛鄂桂甘晋晉蒙陕陝吉闽閩贵貴粤粵青藏川宁寧琼瓊"
_PATTERNS = {
    "phone": (
        # China, Taiwan, North America, Britain; then what is written as international, and national ways with a leading 0.
        r"(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}|0\d{2,3}-\d{7,8}|(?:\+?1[-. ]?)?\(?[2-9]\d{2}\)?[-. ]\d{3}[-. ]\d{4}"
        r"|09\d{2}[- ]?\d{3}[- ]?\d{3}|\+44 ?7\d{3} ?\d{6}|07\d{3} \d{6}"
        r"|\+(?=(?:[ ()-]?[ ()-]?\d){8,15}(?!\d))[1-9]\d{0,2}[ -]?(?:\(0?\d{1,4}\)[ -]?)?\d{1,5}(?:[ -]?\d{2,5}){1,5}"
        r"|00[1-9]\d{0,2}[ -]\(?\d{1,5}\)?(?:[ -]?\d{2,5}){1,5}"
        r"|0[1-9]\d?(?:[ .-]\d{2}){4}|0\d{2,4}[ /-]\d{3,4}[ -]?\d{3,5}|0\d[ -]\d{4}[ -]\d{4}"
        r"|\(0?\d{1,4}\)[ -]?\d{3,5}[ -]?\d{3,4}(?:[ -]?\d{2,4})?|8[ -]?\(?9\d{2}\)?[ -]?\d{3}[ -]?\d{2}[ -]?\d{2}|[6-9]\d{4} \d{5}|[67]\d{2}(?: \d{3}){2}"
    ),
    "identity": r"\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]|\d{3}-\d{2}-\d{4}",
    "plate": rf"[{PROVINCES}][A-Z][·• ]?[A-Z0-9]{{5,6}}|[A-Z]{{2}}\d{{2}} [A-Z]{{3}}|[A-Z]{{2}}-\d{{3}}-[A-Z]{{2}}|[A-Z]{{3}}-\d{{4}}|\d{{4}}-[A-Z]{{2}}",
    # Bounded: an endless run before an @ that never comes must not cost its square.
    "email": r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{1,63}",
}
_WHOLE = {kind: re.compile(rf"(?:{pattern})$") for kind, pattern in _PATTERNS.items()}
# Within longer text only patterns that hardly occur by chance are masked; digits must not continue on either side.
# Bare digits behind a 0 are phones in a text, but as a whole column they may be padded numbers of cases.
_BARE_PHONE = r"00[1-9]\d{8,12}|0[1-9]\d{8,9}"
_INSIDE = re.compile(
    "|".join(
        rf"(?<![\dA-Za-z])(?<!\d[.,])(?:{pattern})(?![\dA-Za-z])" for pattern in (*_PATTERNS.values(), _BARE_PHONE)
    )
)
_TAIWAN_ID = re.compile(r"[A-Z][12]\d{8}$")
_MIN_SHARE = 0.6
NAMES_DIFFER = 0.3  # distinct texts to rows: kinds and streets repeat more, the same person calls again less


def person_kind(header: str, normal: str, samples: Sequence[str], *, distinct_share: Callable[[], float]) -> str | None:
    """
    Say which personal matter a column holds, or None.

    Parameters
    ----------
    header, normal : str
        The header as it stands, and as lower-case words.
    samples : sequence of str
        Some of its distinct values.
    distinct_share : function
        Distinct values to filled cells, asked only where it matters; names of persons hardly repeat.
    """
    return _by_header(header, normal) or _by_pattern(samples, distinct_share)


def mask(text: str) -> str:
    """The text with phone, identity and plate numbers and addresses of mail replaced."""
    return _INSIDE.sub(MASK, text)


def _by_header(header: str, normal: str) -> str | None:
    for kind, words in _HEADER_WORDS.items():
        # "人员姓名", "联系电话1": the word may stand within a longer header. "年龄" also; "民族路" is no header.
        if any(word in header.casefold() for word in words.split()):
            return kind
    for kind, phrases in _HEADER_TOKENS.items():
        bare = re.sub(r"\s*\d+$", "", normal)
        if bare in phrases or any(
            bare.endswith(" " + p) for p in phrases if p not in ("age", "mail", "room", "contact", "person")
        ):
            return kind
    return None


def _by_pattern(samples: Sequence[str], distinct_share: Callable[[], float]) -> str | None:
    values = [value.strip() for value in samples if value.strip()]
    if not values:
        return None
    for kind, pattern in _WHOLE.items():
        if np.mean([bool(pattern.match(value)) for value in values]) >= _MIN_SHARE:
            return kind
    # A letter and nine digits may be a case number; only the check digit tells an identity number.
    if np.mean([bool(_TAIWAN_ID.match(v)) and _taiwan_check(v) for v in values]) >= _MIN_SHARE:
        return "identity"
    if are_names(values) and distinct_share() >= NAMES_DIFFER:
        return "name"
    return None


def _taiwan_check(value: str) -> bool:
    code = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(value[0]) + 10
    digits = [code // 10, code % 10, *(int(c) for c in value[1:])]
    return sum(d * w for d, w in zip(digits, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), strict=True)) % 10 == 0
