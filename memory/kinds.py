"""Words of one kind, of which a person or a thing has one at a time: who is single is not married.

General knowledge of English and Chinese, no more than is needed to tell `metric` from `imperial`; what is not in here
is no contradiction. English words are stems, as `memory.statements` makes them.
"""

from __future__ import annotations

from functools import cache

from models.builtin.words import listed, stem

_KINDS = {
    "marital": "single married divorced widowed engaged separated | 单身 未婚 已婚 结婚 离婚 离异 丧偶 订婚",
    "diet": "vegetarian vegan pescatarian omnivore carnivore | 素食者 纯素 纯素者 吃素",
    "hand": "left-handed right-handed ambidextrous | 左撇子 右撇子",
    "employment": "employed unemployed retired self-employed jobless freelance | 在职 失业 退休 自由职业",
    "system of units": "metric imperial | 公制 英制 市制",
    "temperature": "celsius fahrenheit kelvin | 摄氏 摄氏度 华氏 华氏度",
    "length": "short brief concise terse long detailed thorough lengthy verbose wordy "
    "| 简短 简洁 简明 简要 详细 详尽 冗长",
    "light": "dark light | 深色 浅色 暗色 亮色 夜间 日间",
    "seat": "window aisle | 靠窗 靠过道 过道",
    "register": "formal informal casual | 正式 随意 口语",
    "volume": "quiet loud silent noisy | 安静 吵闹 热闹",
    "size": "small large big tiny huge | 小 大",
    "heat": "hot cold warm iced | 热 冷 冰",
    "price": "cheap expensive | 便宜 昂贵",
    "presence": "remote in-person onsite hybrid | 远程 线下 线上",
    "time of day": "morning afternoon evening night day | 早上 上午 中午 下午 晚上 夜里",
    "time": "early late | 早 晚",
    "variety": "british american australian | 英式 美式",
    "drink": "tea coffee water wine beer juice milk cola | 茶 咖啡 水 葡萄酒 啤酒 果汁 牛奶 可乐",
    "pet": "cat dog | 猫 狗",
    "transport": "bike bicycle car train bus tram underground metro foot taxi | 自行车 汽车 开车 火车 地铁 公交 步行",
    "contact": "email phone chat sms text letter | 邮件 电话 短信 微信",
    "operating system": "windows macos mac linux ubuntu android ios iphone | 苹果 安卓 鸿蒙",
    "currency": "euro dollar pound yen yuan franc rupee | 欧元 美元 英镑 日元 人民币 港币",
    "with": "with without",
    "weekday": "monday tuesday wednesday thursday friday saturday sunday "
    "| 周一 周二 周三 周四 周五 周六 周日 星期一 星期二 星期三 星期四 星期五 星期六 星期日 星期天",
    "month": "january february march april june july august september october november december",
    "colour": "red blue green yellow orange purple black white grey gray brown pink "
    "| 红色 蓝色 绿色 黄色 橙色 紫色 黑色 白色 灰色 棕色 粉色 红 蓝 绿 黄 黑 白",
    "language": "english german french spanish italian portuguese dutch swedish norwegian danish finnish polish czech "
    "russian ukrainian turkish greek arabic hebrew hindi chinese mandarin cantonese japanese korean vietnamese thai "
    "| 中文 英文 英语 汉语 普通话 粤语 德语 法语 日语 韩语 俄语 西班牙语 德文 法文 日文",
    "programming language": "python rust javascript typescript java kotlin golang ruby php c++ c# perl haskell scala "
    "swift",
    "occupation": "teacher nurse doctor lawyer engineer developer programmer designer architect accountant manager "
    "scientist researcher professor chef cook baker carpenter electrician plumber farmer journalist writer editor "
    "photographer pharmacist dentist surgeon veterinarian librarian translator consultant analyst student pilot "
    "firefighter mechanic cashier secretary economist psychologist therapist chemist physicist "
    "| 老师 教师 医生 护士 律师 工程师 程序员 设计师 建筑师 会计 经理 科学家 研究员 教授 厨师 农民 记者 作家 "
    "编辑 摄影师 药剂师 牙医 翻译 顾问 分析师 学生 飞行员 司机 警察 消防员",
}
_PERSON = frozenset(["marital", "diet", "hand", "employment", "occupation"])
_STYLE = frozenset(["length", "light", "register", "system of units", "temperature"])


@cache
def kinds() -> dict[str, str]:
    """Each word's kind. The first kind that names a word has it."""
    found: dict[str, str] = {}
    for kind, words in _KINDS.items():
        english, _, chinese = words.partition("|")
        for word in [*map(stem, listed(english)), *listed(chinese)]:
            found.setdefault(word, kind)
    return found


def of_words(value: tuple[str, ...]) -> str:
    """The kind of a value that is one word; empty where there is none."""
    return kinds().get("".join(value), "") if len(value) == 1 or not value[0].isascii() else ""


def of_a_person(value: tuple[str, ...]) -> str:
    """What kind of thing is said of a person: `a good nurse`, `married to Ann`, 中学老师. Empty where there is none."""
    text = "".join(value)
    ends = [text[at:] for at in range(len(text))] if not text.isascii() else [value[-1], value[0]]
    found = (kinds().get(end, "") for end in ends)
    return next((kind for kind in found if kind in _PERSON), "")


def of_style(kind: str) -> bool:
    """Of a way of doing something, which one wants in one way even where one only `likes` it."""
    return kind in _STYLE
