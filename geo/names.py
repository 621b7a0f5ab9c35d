"""Whether a column's texts are names of persons, by how they are built: strong evidence only, since streets are called after persons."""

# ruff: noqa: E501  (tables of words read better in long lines)
import re
from collections.abc import Sequence

import numpy as np


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


LEAST = 5  # texts; fewer tell nothing
CHINESE_SHARE, LATIN_SHARE, PLACE_SHARE = 0.75, 0.5, 0.2
_SURNAMES = set(
    "王李张張刘劉陈陳杨楊赵趙黄黃周吴吳徐孙孫胡朱高林何郭马馬罗羅梁宋郑鄭谢謝韩韓唐冯馮于董萧蕭程曹袁邓鄧许許傅沈曾彭吕呂苏蘇卢盧蒋蔣蔡贾賈丁魏薛叶葉阎閻余潘杜戴"
    "夏钟鍾汪田任姜范方石姚谭譚廖邹鄒熊金陆陸郝孔白崔康毛邱秦江史顾顧侯邵孟龙龍万萬段雷钱錢汤湯尹黎易常武乔喬贺賀赖賴龚龔文"
)
_DOUBLE = _set(
    "欧阳 歐陽 司马 司馬 上官 诸葛 諸葛 东方 東方 皇甫 尉迟 尉遲 公孙 公孫 慕容 司徒 夏侯 令狐 长孙 長孫 宇文 端木 独孤 南宫 轩辕 张简 張簡 范姜"
)
# What names of places and of matters end with; of names of persons hardly any does.
_PLACE = set("路街巷弄道桥橋村庄莊镇鎮乡鄉区區县縣市里园園苑院楼樓城场場厂廠店堡口屯寨坊湾灣河湖山岗崗台站所局寺庙廟亭阁閣府邸居室号號段门門井沟溝坡岭嶺岛島港湖滩灘坝壩营營"
             "案盗盜窃竊抢搶伤傷斗鬥噪闹鬧占佔坏壞障患乱亂损損毁毀堵漏火灾災类類型他")  # fmt: skip
_STREETS = _set(
    "street st avenue ave road rd lane ln drive dr boulevard blvd court ct place pl square sq way terrace ter parkway pkwy highway hwy alley plaza circle "
    "park bridge station school church hall house center centre market hill hills heights village garden gardens ward district city town county line row "
    "walk close crescent grove mews rue platz strasse straße weg allee gasse calle avenida via piazza corso"
)  # fmt: skip
_GIVEN = _set(
    "james john robert michael william david richard joseph thomas charles christopher daniel matthew anthony mark donald steven paul andrew joshua kenneth "
    "kevin brian george edward ronald timothy jason jeffrey ryan jacob gary nicholas eric jonathan stephen larry justin scott brandon benjamin samuel "
    "gregory frank alexander raymond patrick jack dennis jerry tyler aaron jose adam henry nathan douglas zachary peter kyle walter ethan jeremy harold "
    "keith christian roger noah gerald carl terry sean austin arthur lawrence jesse dylan bryan joe jordan billy bruce albert willie gabriel logan alan "
    "juan wayne roy ralph randy eugene vincent russell elijah louis bobby philip johnny mary patricia jennifer linda elizabeth barbara susan jessica sarah "
    "karen lisa nancy betty margaret sandra ashley kimberly emily donna michelle carol amanda dorothy melissa deborah stephanie rebecca sharon laura "
    "cynthia kathleen amy angela shirley anna brenda pamela emma nicole helen samantha katherine christine debra rachel carolyn janet catherine maria "
    "heather diane ruth julie olivia joyce virginia victoria kelly lauren christina joan evelyn judith megan andrea cheryl hannah jacqueline martha gloria "
    "teresa ann sara madison frances kathryn janice jean abigail alice julia judy sophia grace denise amber doris marilyn danielle beverly isabella theresa "
    "diana natalie brittany charlotte marie kayla alexis lori pierre jacques michel andre philippe alain bernard luc claire camille sophie nathalie "
    "isabelle francois hans peter klaus jurgen jürgen wolfgang stefan andreas ursula monika petra sabine carlos luis miguel jorge pedro antonio manuel "
    "francisco javier fernando carmen ana isabel pilar lucia giovanni marco luca paolo francesca giulia mohammed muhammad ahmed ali fatima omar hassan ivan "
    "dmitri sergei olga natasha tatiana raj priya amit sanjay anita sunita"
)  # fmt: skip
_PINYIN = _set(
    "wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he lin gao luo zheng liang xie song tang deng han feng cao peng zeng xiao tian "
    "dong pan yuan cai jiang yu du ye cheng wei su lu ding ren shen yao lo chan wong cheung lam chiu leung ng"
)  # fmt: skip
_WORD = re.compile(r"[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]+(?:['’-][A-ZÀ-ÖØ-Þ]?[a-zß-öø-ÿ]+)*|[A-ZÀ-ÖØ-Þ]{2,}|[A-Z]\.?")


def are_names(texts: Sequence[str]) -> bool:
    """
    Whether distinct texts are names of persons.

    Parameters
    ----------
    texts : sequence of str
        Some of the distinct values of a column, without blanks.

    Notes
    -----
    Chinese: two or three characters (four with a double surname) behind a common surname, at least three of four, and
    hardly any ends as a place does. Latin: two or three words of letters, half of them with a common given name or a
    Chinese surname in pinyin, and hardly any ends as a street does.
    """
    if len(texts) < LEAST:
        return False
    chinese = np.array([_is_chinese_name(text) for text in texts])
    if chinese.mean() >= CHINESE_SHARE:
        return True
    words = [_words(text) for text in texts]
    built = np.array([bool(w) for w in words])
    if built.mean() < CHINESE_SHARE:
        return False
    places = np.array([bool(w) and w[-1] in _STREETS for w in words])
    # A given name tells where it stands as one: first, or behind a comma. A surname in pinyin stands at either end.
    given = np.array([bool(w) and (w[0] in _GIVEN or w[0] in _PINYIN or w[-1] in _PINYIN) for w in words])
    return bool(places.mean() <= PLACE_SHARE and (given & ~places).mean() >= LATIN_SHARE)


def _is_chinese_name(text: str) -> bool:
    if not 2 <= len(text) <= 4 or not all("\u4e00" <= c <= "\u9fff" for c in text) or text[-1] in _PLACE:
        return False
    if text[:2] in _DOUBLE:
        return len(text) >= 3
    return text[0] in _SURNAMES and (len(text) <= 3 or text[1] in _SURNAMES)


def _words(text: str) -> list[str]:
    """The two or three words of what may be a name, given name first, in small letters; empty where it cannot be one."""
    turned = text.split(",")
    if len(turned) == 2:
        text = f"{turned[1].strip()} {turned[0].strip()}"
    words = text.split()
    if not 2 <= len(words) <= 3 or not all(_WORD.fullmatch(word) for word in words):
        return []
    return [word.casefold() for word in words]
