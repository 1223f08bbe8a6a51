"""How Chinese facts are taken apart. The numbers in the text are digits."""

from __future__ import annotations

import re

from cairn.text import CJK
from memory.parts import Parts, first_fit

_OPENING = re.compile(r"^(?:请|麻烦)?(?:记住|记得|注意)?[，,：:]?(?:从现在起|以后)?[，,]?")
_FILLERS = re.compile(r"现在|目前|如今|今年|已经|已(?!婚)|一直|总是|非常|特别|最近|经常|了|[\s，,、“”]|请")
_MINE = re.compile(r"^(?:用户|我们?|他们?|她们?|您|你)(?:的|家的)?")
_NOT = re.compile(r"不再|没有|从来不|从不|没|不(?!仅|但|过(?!敏)|错)|放弃|别")
_IS_NOT = re.compile(r"不是|并非|不为")
_ONCE = re.compile(r"以前|曾经?|过去|原来|之前")
_PLAIN = (
    ("戒烟", "不吸烟"), ("戒酒", "不喝酒"), ("抽烟", "吸烟"), ("饮酒", "喝酒"),
    ("礼拜", "星期"), ("周天", "周日"),
)  # fmt: skip
_WHEN = re.compile(
    r"(?:在)?(?:早上|上午|中午|下午|晚上|周末|工作日|平时|夏天|冬天|春天|秋天|假期)(?:的?时候)?|.+?(?:的时候|期间)"
)
_NONE = re.compile(r"(?!)")
_PATTERNS = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("name", r"(?:名字是|姓名是?|全名是|名叫|叫做?|称呼[我他她]?为)(.+)"),
        ("live", r"(?:居住在|住在|定居[在于]|搬家?[到去至]|家在|现居|常住)([^的]+)$"),
        ("birth", r"(?:出生[于在]|生于|生日是?)(.+)|在(.+)出生"),
        ("origin", r"来自(.+)|是(.+)人$"),
        ("employer", r"在(?!家)(.+?)(?:工作|上班|任职|就职)$|(?:就职于|任职于|供职于|加入)(.+)"),
        ("job", r"(?:职业|工作|职务)是(.+)|担任(.+)"),
        ("age", r"(?:年龄是?)?(\d+)岁$"),
        ("manager", r"(?:经理|老板|上司|主管|领导)(?:是|叫)(.+)|向(.+)汇报"),
        ("commute", r"(?:坐|乘|骑|开)?(.+)(?:上班|通勤)$"),
        ("prefer", r"(?:偏好|偏爱|更喜欢|更爱|比较喜欢|宁愿|习惯|倾向于)(.+)"),
        ("want", r"(?:希望|想要?|要求)(.+)"),
        ("dislike", r"(?:讨厌|厌恶|反感)(.+)"),
        ("like", r"(?<!最)(?:喜欢|喜爱|热爱|爱(?!人))(?!的)(.+)"),
        ("is", r"(?:是|为)(.+)"),
    )
)
_COUNTED = re.compile(r"^1?[名位个只](?=\D)")
_TOKEN = re.compile(rf"[{CJK}]|[^\W{CJK}]+")


def read(text: str) -> Parts:
    for written, plain in _PLAIN:
        text = text.replace(written, plain)
    text = _MINE.sub("", without_me(_FILLERS.sub("", _OPENING.sub("", text))))
    negated = any(pattern.search(text) for pattern in (_IS_NOT, _NOT, _ONCE))
    text = _ONCE.sub("", _NOT.sub("", _IS_NOT.sub("是", text)))
    when = _WHEN.match(text)
    subject, relation, value = first_fit(text[when.end() :] if when else text, _PATTERNS, _MINE, _NONE)
    value = _COUNTED.sub("", value).replace("的", "")
    return Parts(
        subject.removesuffix("的"), relation, tuple(words(value)), negated, frozenset([when[0]] if when else [])
    )


def without_me(text: str) -> str:
    """Without `I`, `my` or `the user` in the beginning."""
    return _MINE.sub("", text)


def words(text: str) -> list[str]:
    """Characters, and what is written in letters or digits as it is."""
    return _TOKEN.findall(text)
