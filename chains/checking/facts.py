"""What a statement must not get wrong: names, negations, and words that have an opposite."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from cairn.text import CJK
from models.builtin.words import STOP, stem

_CODE = re.compile(r"`([^`\n]+)`|(?<![\w.])((?=\w*(?:_|[a-z][A-Z]|[A-Za-z]\d|\d[A-Za-z]))[A-Za-z]\w*(?:\.\w+)*)")
_QUOTED = re.compile(r"《([^》]{1,40})》|「([^」]{1,40})」|“([^”]{1,40})”|\"([^\"\n]{1,40})\"")
_CAPITAL = re.compile(rf"(?<![\w’'])[A-ZÀ-ÖØ-Þ][^\W_{CJK}]*(?:['’-][^\W_{CJK}]+)*")
_LATIN = re.compile(r"[A-Za-z][A-Za-z]+")
_CONNECTIVE = re.compile(
    r"\w+ly|however|moreover|furthermore|yes|thus|therefore|hence|according|overall|note|both|after|before|during|while|"
    r"although|though|since|until|unless|because|whether|whoever|instead|otherwise|besides|together|once|every\w*|some\w*|"
    r"any\w*|no\w*|new|old|there\w*|people|anyone|one",
    re.IGNORECASE,
)
_STARTS = re.compile(r"(?:^|[.!?:。！？：]|\n)[\s\"'“‘(*_>-]*$")
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜"
    "范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_TITLES = "主任|经理|总经理|老师|先生|女士|教授|医生|专员|主管|部长|院长|校长|工程师|律师|博士|师傅|局长|处长|科长|总监"
_NAME_ZH = re.compile(
    rf"(?:(?<=由)|(?<=找)|(?<=员)|(?<=向)|(?<=是)|(?<=为)|(?<=人)|(?<=理)|(?<=师)|(?<=任)|(?<=月)|(?<=，)|^)"
    rf"([{_SURNAMES}][一-鿿]{{1,2}}?)(?={_TITLES}|负责|受理|签|培训|代|登记|审|批|兼|带|$|，|。|的)"
)
_PLACE_ZH = re.compile(
    r"(?<=[在往从自到至来由和与、，])((?![一二两三几这那某各该本])[一-鿿]{2,4}?)(?=市|省|县|区|镇|村|路|街|厂|馆|店|站|公司|基金会|大学|学院|医院|银行|车间|"
    r"实验室|办公室|仓库|附近|磨坊|农场|工厂)"
)
_CLOSED = [
    "red green blue yellow black white brown grey orange purple pink",
    "north south east west northern southern eastern western",
    "morning afternoon evening noon midnight",
    "daily weekly monthly yearly hourly quarterly",
    "spring summer autumn winter",
    "红 绿 蓝 黄 黑 白 灰 橙 紫",
    "周一 周二 周三 周四 周五 周六 周日 星期一 星期二 星期三 星期四 星期五 星期六 星期日",
    "一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月",
    "春季 夏季 秋季 冬季 春天 夏天 秋天 冬天",
    "上午 下午 晚上 中午 凌晨",
    "东侧 南侧 西侧 北侧",
    "每天 每周 每月 每年 每季度",
]
_OPPOSITES = [
    "before|earlier than / after|later than",
    "(?<!no )(?<!not )more than|over|above|exceeds?|exceeding / (?<!no )(?<!not )(?:less|fewer) than|under|below",
    "at least|not? (?:less|fewer) than|minimum / at most|up to|not? (?:more|larger|longer|higher) than|maximum",
    "open|opens|opened / closed|closes|shut",
    "increases?d?|rises?|rose|grows?|grew / decreases?d?|falls?|fell|drops?|dropped|declines?d?",
    "higher|larger|bigger|greater|longer|heavier / lower|smaller|shorter|lighter",
    "faster|quicker / slower",
    "allowed|permitted|may / forbidden|prohibited|banned",
    "includes?d?|including / excludes?d?|excluding",
    "always / never|sometimes",
    "mandatory|required|compulsory|must / optional|voluntary|voluntarily",
    "left / right",
    "inside|indoors / outside|outdoors",
    "first / last",
    "all|every|each / none|no one|nobody",
    "free of charge|for free / for a fee|chargeable",
    "earliest / latest",
    "buys?|bought / sells?|sold",
    "internal / external",
    "permanent|permanently / temporary|temporarily",
    "之前|以前 / 之后|以后",
    "至少|不少于|不低于|起码 / 至多|最多|不超过|不多于|以内",
    "以上|(?<!不)超过|(?<!不)高于|大于|(?<!不)多于 / 以下|(?<!不)低于|小于|(?<!不)少于|不足",
    "早于 / 晚于",
    "增加|上升|提高|增长 / 减少|下降|降低",
    "开放|打开 / 关闭|闭馆|停止",
    "必须|须|应当 / 自愿|可选",
    "包括|包含 / 不包括|不包含|除外",
    "最高|最大 / 最低|最小",
    "内部 / 外部",
    "免费 / 收费|付费",
    "全部|所有 / 部分|没有一",
]
_PAIRS = [
    tuple(re.compile(rf"\b(?:{side})\b" if side.isascii() else f"(?:{side})") for side in pair.split(" / "))
    for pair in _OPPOSITES
]
_NEGATION = re.compile(
    r"\b(?:not|cannot|never|no|none|nothing|nobody|neither|nor|without|unable|refuses?|refused|declines?|declined|rejects?|rejected|forbidden|prohibited|banned)\b|n['’]t\b"
    r"|不|没|无|未|禁止|严禁|勿|免(?=签)|非(?!常|洲)"
)
_NO_NEGATION = re.compile(
    r"\b(?:no|not) (?:less|more|\w+er) than\b|\bnot (?:only|to mention|least)\b|\bno\. ?\d|\bwhether or not\b"
    r"|不(?:超过|少于|低于|多于|高于|晚于|早于|仅|但|只|论|管|同|久|断|错|妨|过|满|足|便|良|变|锈)|无(?:论|线|锡|人机)|未(?:来|满|婚)|没收"
)


def plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("’", "'")


def names(text: str) -> list[str]:
    """Code identifiers, quoted terms, capitalised words that do not merely begin a sentence; Chinese ones by form."""
    text = plain(text)
    found = [next(filter(None, match.groups())) for pattern in (_CODE, _QUOTED) for match in pattern.finditer(text)]
    rest = _QUOTED.sub(lambda match: " " * len(match[0]), _CODE.sub(lambda match: " " * len(match[0]), text))
    for match in _CAPITAL.finditer(rest):
        word, before = match[0], rest[: match.start()]
        upper = len(word) > 1 and word.isupper()
        if word == "I" or (_STARTS.search(before) and not upper):
            continue
        found.append(word)
    if re.search(f"[{CJK}]", rest):
        found += _LATIN.findall(rest)
    found += [match[1] for pattern in (_NAME_ZH, _PLACE_ZH) for match in pattern.finditer(rest)]
    return list(dict.fromkeys(found))


def opening(text: str) -> str | None:
    """The capitalised word a statement begins with, where it may be a name."""
    match = _CAPITAL.match(plain(text).lstrip("\"'“*_ "))
    return match[0] if match and match[0].casefold() not in STOP and not _CONNECTIVE.fullmatch(match[0]) else None


def missing_names(wanted: Iterable[str], evidence: str) -> list[str]:
    """Those that the evidence does not have, in whatever case and with whatever ending of a plural."""
    there = plain(evidence).casefold()
    stems = {stem(word) for word in re.findall(r"[^\W_]+(?:['-][^\W_]+)*|\w+", there)}
    stems |= {stem(part) for word in stems for part in re.split(r"[-_]", word)}
    return [name for name in wanted if name.casefold() not in there and stem(name.casefold()) not in stems]


def negations(text: str) -> int:
    """How many; `no more than` and `不超过` are limits, not negations."""
    return len(_NEGATION.findall(_NO_NEGATION.sub(" ", plain(text).casefold())))


def opposite(statement: str, evidence: str) -> tuple[str, str] | None:
    """A word of the statement and the opposite one that the evidence has instead, if there is such a pair."""
    said, there = plain(statement).casefold(), plain(evidence).casefold()
    for one, other in _PAIRS:
        for mine, its in ((one, other), (other, one)):
            match, against = mine.search(said), its.search(there)
            if match and against and not its.search(said) and not mine.search(there):
                return match[0], against[0]
    return _other_of_a_kind(said, there)


def _other_of_a_kind(said: str, there: str) -> tuple[str, str] | None:
    """`blue` for `green`, `周二` for `周四`."""
    for line in _CLOSED:
        mine, its = _of(line, said), _of(line, there)
        if (alone := mine - its) and (instead := its - mine):
            return min(alone), min(instead)
    return None


def _of(line: str, text: str) -> set[str]:
    if line.isascii():
        return {word for word in line.split() if re.search(rf"\b{word}s?\b", text)}
    longest = sorted(line.split(), key=len, reverse=True)
    return set(re.findall("|".join(word if len(word) > 1 else f"{word}(?=色|灯|线|车)" for word in longest), text))
