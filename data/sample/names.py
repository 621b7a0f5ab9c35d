"""The invented names of the sample city, in Chinese and in Latin script. No such city exists; no person is named."""

# Where the city is drawn: open country in Anhui, UTM zone 50 north. Nothing real stands where its streets run.
ORIGIN_LON, ORIGIN_LAT = 117.46, 31.17
METRIC_CRS = "EPSG:32650"
TIMEZONE = "Asia/Shanghai"

STATION = ("柳溪派出所", "Liuxi Police Station")
RIVER = ("柳溪河", "Liuxi River")
RAIL = ("宁安铁路支线", "Ning'an Branch Railway")

# Middle of each community in metres from the origin, its name, residents per square kilometre of block, share of
# blocks that are shops or offices. The river parts them: a unit never reaches across.
COMMUNITIES = (
    ("北门社区", "Beimen", -900, 1080, 10500, 0.2),
    ("学宫社区", "Xuegong", -120, 1060, 13500, 0.3),
    ("车站社区", "Chezhan", 700, 1090, 9000, 0.45),
    ("茶亭社区", "Chating", 1370, 520, 11800, 0.2),
    ("槐荫社区", "Huaiyin", -620, 560, 15500, 0.25),
    ("鼓楼社区", "Gulou", 130, 500, 14200, 0.6),
    ("东关社区", "Dongguan", 820, 420, 16000, 0.35),
    ("灯塔社区", "Dengta", 1400, -200, 10200, 0.2),
    ("西仓社区", "Xicang", -1400, 60, 8800, 0.25),
    ("渡口社区", "Dukou", -520, -260, 15000, 0.3),
    ("南市社区", "Nanshi", 330, -330, 17500, 0.55),
    ("酒坊社区", "Jiufang", -1080, -840, 12500, 0.2),
    ("梅园社区", "Meiyuan", -150, -1060, 13200, 0.15),
    ("凤桥社区", "Fengqiao", 760, -1010, 11500, 0.25),
)
VILLAGE = ("石塘村", "Shitang Village")
STATION_AREA = ("柳溪派出所辖区", "Liuxi Station Area")
ORDINALS = "一二三四五六七八九"

RING = {
    "north": ("北环路", "Beihuan Road"),
    "east": ("东环路", "Donghuan Road"),
    "south": ("南环路", "Nanhuan Road"),
    "west": ("西环路", "Xihuan Road"),
}
AVENUE = ("望塔大道", "Wangta Avenue")
RIVERSIDE = {"north": ("北滨河路", "North Riverside Road"), "south": ("南滨河路", "South Riverside Road")}
RIVER_PATH = ("柳溪步道", "Liuxi Riverwalk")
COUNTY_ROAD = ("石塘路", "Shitang Road")

# Streets from bank to bank of the map: position in metres, class, name, whether it passes the river on a bridge.
UPRIGHT = (
    (-1370, "secondary", "西仓路", "Xicang Road", False),
    (-890, "primary", "槐荫路", "Huaiyin Road", True),
    (-430, "secondary", "钟声路", "Zhongsheng Road", False),
    (20, "secondary", "鼓楼街", "Gulou Street", False),
    (470, "primary", "东关路", "Dongguan Road", True),
    (930, "secondary", "茶亭路", "Chating Road", False),
    (1370, "secondary", "灯塔路", "Dengta Road", False),
)
LEVEL = (
    (930, "secondary", "学宫路", "Xuegong Road", False),
    (500, "primary", "长乐街", "Changle Street", False),
    (90, "secondary", "米市街", "Mishi Street", False),
    (-300, "secondary", "渡口街", "Dukou Street", False),
    (-720, "primary", "南市大街", "Nanshi Main Street", False),
    (-1090, "secondary", "梅园路", "Meiyuan Road", False),
)

PARKS = (
    ("槐荫公园", "Huaiyin Park", -640, 690, 2, True),
    ("东关公园", "Dongguan Park", 1130, 470, 2, False),
    ("南市花园", "Nanshi Gardens", -160, -470, 1, False),
    ("梅园", "Plum Garden", 250, -1180, 2, True),
    ("西仓苗圃", "Xicang Nursery", -1450, -180, 2, False),
    ("灯塔公园", "Dengta Park", 1480, 180, 1, False),
    ("北门广场", "Beimen Square", -980, 960, 1, False),
)

# Two or three syllables each; a stem names one street or lane, and with a side (东、西) two more.
STEMS = """
青石 Qingshi|杏花 Xinghua|铁匠 Tiejiang|油坊 Youfang|染坊 Ranfang|鱼市 Yushi|菜市 Caishi|布市 Bushi|柴市 Chaishi
盐仓 Yancang|粮库 Liangku|贡院 Gongyuan|状元 Zhuangyuan|三元 Sanyuan|四眼井 Siyanjing|甜水井 Tianshuijing|古井 Gujing
银杏 Yinxing|梧桐 Wutong|香樟 Xiangzhang|丹桂 Dangui|玉兰 Yulan|石榴 Shiliu|枇杷 Pipa|腊梅 Lamei|紫藤 Ziteng
海棠 Haitang|芙蓉 Furong|荷塘 Hetang|莲池 Lianchi|水塔 Shuita|邮电 Youdian|纱厂 Shachang|光明 Guangming|和平 Heping
团结 Tuanjie|幸福 Xingfu|新民 Xinmin|惠民 Huimin|永安 Yong'an|太平 Taiping|安康 Ankang|仁和 Renhe|义和 Yihe
德胜 Desheng|兴隆 Xinglong|同心 Tongxin|春晖 Chunhui|朝阳 Chaoyang|向阳 Xiangyang|望月 Wangyue|听雨 Tingyu
清风 Qingfeng|白鹭 Bailu|喜鹊 Xique|燕子 Yanzi|画眉 Huamei|金鱼 Jinyu|九曲 Jiuqu|八角 Bajiao|半边 Banbian
高坡 Gaopo|洗马 Xima|饮马 Yinma|驿站 Yizhan|校场 Jiaochang|东林 Donglin|西林 Xilin|竹篮 Zhulan|灯笼 Denglong
纸坊 Zhifang|豆腐 Doufu|糖坊 Tangfang|酱园 Jiangyuan|瓷器 Ciqi|木作 Muzuo|石灰 Shihui|砖瓦 Zhuanwa|棉花 Mianhua
丝线 Sixian|绣花 Xiuhua|针线 Zhenxian|银匠 Yinjiang|锁匠 Suojiang|伞店 Sandian|茶叶 Chaye|笔墨 Bimo|书坊 Shufang
听松 Tingsong|观澜 Guanlan|临溪 Linxi|枕流 Zhenliu|柳堤 Liudi|沙洲 Shazhou|苇荡 Weidang|桃园 Taoyuan|李园 Liyuan
橘园 Juyuan|葡萄 Putao|桑园 Sangyuan|枣园 Zaoyuan|榆钱 Yuqian|合欢 Hehuan|凌霄 Lingxiao|百合 Baihe|茉莉 Moli
月季 Yueji|秋菊 Qiuju|水仙 Shuixian|迎春 Yingchun|连翘 Lianqiao|丁香 Dingxiang|蔷薇 Qiangwei|云锦 Yunjin|星火 Xinghuo
新市 Xinshi|旧仓 Jiucang|前营 Qianying|后营 Houying|东升 Dongsheng|西湾 Xiwan|中和 Zhonghe|上元 Shangyuan|下元 Xiayuan
五福 Wufu|六合 Liuhe|百顺 Baishun|千秋 Qianqiu|万年 Wannian|大有 Dayou|小桥 Xiaoqiao|长生 Changsheng|短亭 Duanting
"""
SUFFIXES = {"local": (("街", "Street"), ("路", "Road")), "lane": (("巷", "Lane"), ("里", "Alley"))}


SIDES = (("东", "East"), ("西", "West"))


def street_stems() -> list[tuple[str, str]]:
    """Every stem with its Latin spelling, in the order in which streets take them; then the same with a side."""
    pairs = [part.strip().split(" ", 1) for part in STEMS.replace("\n", "|").split("|") if part.strip()]
    plain = [(zh, latin.strip()) for zh, latin in pairs]
    return plain + [(zh + side, f"{latin} {word}") for side, word in SIDES for zh, latin in plain]
