"""What kind of thing a question wants to hear: a person, a time, a sum. A sentence without one is no answer."""

from __future__ import annotations

import re

from models.builtin.words import STOP, WORD, listed, stem

_NUMBER = (
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|hundred|thousand|"
    r"once|twice|no|none|unlimited|first|second|third)\b|[一二三四五六七八九十百千两零半]"
)
_MONEY = (
    r"[$€£¥%]|\b(?:euros?|eur|dollars?|usd|cents?|pounds?|gbp|francs?|chf|yuan|rmb|cny|yen|percent|free|gratis|rents?|"
    r"prices?|fees?|charges?|salary|wages?|costs?|worth)\b|元|块|角|免费|费|钱|价|工资"
)
_TIME = (
    r"\d|\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|january|february|march|april|may|june|july|august|"
    r"september|october|november|december|spring|summer|autumn|winter|mornings?|afternoons?|evenings?|nights?|noon|"
    r"midnight|dawn|dusk|days?|weeks?|months?|years?|hours?|minutes?|today|tomorrow|always|never|daily|weekly|monthly|"
    r"yearly|annually|before|after|until|during|while|when|once|as soon as|immediately|if)\b|"
    r"[年月日天周时点]|[早晚]上|之前|之后|以前|以后|立即"
)
_DURATION = (
    r"\b(?:seconds?|minutes?|hours?|days?|nights?|weeks?|months?|years?|decades?|semesters?|terms?|until|forever|"
    r"indefinitely|permanent(?:ly)?|from)\b|秒|分钟|小时|钟头|天|周|星期|月|年|日|永久|长期|\d\s*(?:min|h|s|d)\b|"
    r"\d\s*(?:mm|cm|m|km|metres?|meters?|feet|ft|miles?|pages?|characters?|words?|米|公里|字)"
)
_OFTEN = (
    r"\b(?:every|each|once|twice|times|daily|weekly|monthly|quarterly|yearly|annual(?:ly)?|per|always|never)\b|[每次]"
)
_WHY = (
    r"\b(?:because|due to|owing to|so that|in order to|reasons?|therefore|as a result|otherwise|since(?! \d)|prevents?|"
    r"avoid|protect|ensure|caused? by|in case)\b|因|由于|为了|以便|以免|否则|所以|使|避免|防止"
)
_KINDS = [
    (re.compile(question, re.IGNORECASE), re.compile(answer, re.IGNORECASE))
    for question, answer in [
        (r"\bhow old\b|几岁|多大(?:年纪|岁)|年龄", r"\byears?(?: |-)old\b|\bage[ds]?\b|\bborn\b|岁|生于|出生"),
        (r"\bhow much (?:is|are|was|does|do|did|will|would|money|must|should)\b|多少(?:钱|元)|什么价", _MONEY),
        (
            r"^\W*when (?:is|are|was|were|do|does|did|will|can|must|may|should|has|have|had)\b|"
            r"\bwhat (?:time|date|year|day)\b|什么时候|何时|几点|哪一?[年天]|几月",
            _TIME,
        ),
        (r"\bhow long\b|多久|多长时间", _DURATION),
        (r"\bhow often\b|多久.{0,3}一次", _OFTEN),
        (r"\bhow many\b|多少(?!钱)|几[个天次名位本台条]", _NUMBER),
        (r"^\W*why\b|为什么|为何", _WHY),
        (r"\b(?:phone|telephone|fax|mobile)(?: number)?\b.*\?|电话|手机号", r"\d[\d\s()/+-]{4,}|\d{3}"),
        (r"\be-?mail address\b|邮箱", "@|＠"),
    ]
]
_WHO = re.compile(r"^\W*(?:(?:to|by|from|with|of|for) )?who(?:m|se)?\b|谁|哪位", re.IGNORECASE)
_DOER = re.compile(r"\bby (?:the|an?|our|your|its|their) (\w+)", re.IGNORECASE)
_WHO_IS = re.compile(r"^\W*who(?:'s|’s| is| are| was| were)\b", re.IGNORECASE)
_SURNAME = (
    "[王李张刘陈杨赵黄吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石"
    "姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文]|周(?![一二三四五六日末年边])"
)
_ROLE_ZH = re.compile(f"(?:{_SURNAME})[一-鿿]{{1,2}}|[部处科室组厅局院会]|经理|主管|主任|老师|医生|员|长|人|者|家|师")
_ROLES = frozenset(
    stem(word)
    for word in listed(
        "director manager lead leader head chief officer owner landlord tenant doctor nurse teacher professor "
        "president chairman chair secretary minister department team office committee board council staff "
        "personnel administrator employee worker member student parent adult child guest visitor customer "
        "user supervisor engineer editor author master captain author company cooperative community state "
        "government family anyone everyone everybody nobody only person people man woman men women he she "
        "they i we "
    )
)


def wants_a_fact(question: str) -> bool:
    """Whether it asks for a person, a time, a sum or another single thing of something that it names."""
    return bool(_WHO.search(question)) or any(wanted.search(question) for wanted, _ in _KINDS)


def names_a_part(question: str) -> bool:
    """`Who is the secretary?`: a sentence that doesn't speak of the secretary tells of somebody else."""
    return bool(_WHO_IS.search(question))


def fits(question: str, sentence: str) -> bool:
    """Whether the sentence holds what kind of thing the question asks for; True where that can't be told."""
    if any(wanted.search(question) and not given.search(sentence) for wanted, given in _KINDS):
        return False
    return not _WHO.search(question) or _tells_who(question, sentence)


def _tells_who(question: str, sentence: str) -> bool:
    """A name or somebody's part in it that the question has not named itself."""
    if _ROLE_ZH.search(sentence):
        rest = sentence
        for run in re.findall("[一-鿿]{2,}", question):
            rest = rest.replace(run, " ")
        return bool(_ROLE_ZH.search(rest))
    asked = {stem(word) for word in WORD.findall(question)}
    words = [word for word in WORD.findall(sentence) if stem(word) not in asked]
    if any(stem(match[1]) not in asked for match in _DOER.finditer(sentence)):
        return True
    named = [n for n, word in enumerate(words) if word[:1].isupper() and word.casefold() not in STOP]
    first = WORD.search(sentence)
    inner = [n for n in named if n or not first or words[0] != first[0]]
    return bool(inner) or any(stem(word) in _ROLES for word in words)
