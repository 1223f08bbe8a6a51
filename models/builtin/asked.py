"""What a question wants to hear: a kind of thing (a time, a sum), and a relation (who founded, what it costs).

General English and Chinese: a sentence without that kind or relation doesn't answer, whatever other words it shares.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from models.builtin.words import STOP, WORD, bigrams, cjk_pieces, content_terms, has_cjk, stem

# Shares that were chosen on half of CMRC 2018 and on questions by somebody else.
_FIRST, _KNOWN = 0.5, 0.67
_WORDS_PER_SPARE = 10
_MOST_NAMES = 0.6

_NUMBER = (
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty|hundred|thousand|million|"
    r"once|twice|no|none|half|unlimited)\b|[一二三四五六七八九十百千万两零半]"
)
_TIME = (
    r"\d|\b\w+days?\b|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|"
    r"spring|summer|autumn|winter|mornings?|afternoons?|evenings?|nights?|noon|midnight|weeks?|months?|years?|"
    r"hours?|minutes?|daily|weekly|monthly|yearly|before|after|until|during|when|once|as soon as|immediately)\b|"
    r"[年月日天周时点]|[早晚]上|[之以]前|[之以]后|世纪|朝|代"
)
_MONEY = (
    r"[$€£¥￥]|\b(?:euros?|eur|dollars?|usd|cents?|pounds?|gbp|francs?|yuan|yen|percent|free|prices?|fees?|costs?|"
    r"salary|wages?)\b|%|元|块|币|镑|免费|费|价"
)
_DURATION = (
    r"\b(?:seconds?|minutes?|hours?|days?|nights?|weeks?|months?|years?|decades?|centuries|until|permanent(?:ly)?)\b|"
    r"[秒分时天周年月日]|星期|永久|长期|\d\s*(?:mm|cm|k?m|metres?|meters?|feet|miles?|pages?|米|公里|里)"
)
# Pairs of what a question says and what a sentence has to hold then.
_KINDS = [
    (re.compile(question, re.IGNORECASE), re.compile(answer, re.IGNORECASE))
    for question, answer in [
        (r"\bhow much (?:is|are|was|money|must)\b|多少钱|多少元|什么价", _MONEY),
        (r"^\W*when\b|\bwhat (?:time|date|year|day)\b|什么时候|何时|几点|哪一?[年天]|几月", _TIME),
        (r"\bhow long\b|多久|多长时间", _DURATION),
        (r"\bhow often\b|多久.{0,3}一次", r"\b(?:every|each|once|twice|times|daily|\w+ly|per|always|never)\b|[每次]"),
        (r"\bhow old\b|几岁|多大(?:年纪|岁数)", r"\byears? old\b|\baged?\b|\bborn\b|岁|生于|出生"),
        (r"\bhow many\b|\bwhat (?:percentage|age)\b|多少|几[个天次名位本台条岁]|百分之几", _NUMBER),
        (
            r"^\W*why\b|为什么|为何",
            r"\b(?:because|due|owing|since|so|to|for|reasons?|otherwise|after|caused?|if|as|with|from)\b|[因由为以使免否故所]|避免|防止|;|；",
        ),
        (r"\b(?:phone|telephone|fax) number\b|电话号码|手机号", r"\d{3}"),
        (r"\be-?mail address\b|邮箱", "@|＠"),
    ]
]
# Each line: words of one relation, as parts of stems in English and as characters in Chinese.
_RELATIONS = [
    re.compile(rf"\b(?:{english})|{chinese}", re.IGNORECASE)
    for english, chinese in [
        (
            r"found(?:ed|er|ing|ation)|establish|form(?:ed|ation)|set up|start|creat|began|begin",
            "成立|创立|创办|创建|建立|始建|设立|创始|组建|开办",
        ),
        (r"buil[dt]|construct|erect|complet", "修建|建造|兴建|建成|始建|落成|竣工|建于|建筑|建设|建立|改建|扩建"),
        (r"born|birth", "出生|生于|诞生|年生|日生|出身"),
        (r"die[sd]?\b|death|dead|pass(?:ed)? away", "去世|逝世|病逝|过世|死|卒|身亡|遇难"),
        (
            r"cost|price|fees?\b|charge|paid|pay|[$€£¥]\s?\d|expens|euros?\b|dollars?\b|pounds?\b",
            r"费|价|钱|元|耗资|造价|投资|收取",
        ),
        (r"design|architect", "设计"),
        (r"own(?:s|ed|er|ership|ing)?\b|belong|property of", "拥有|所有|属于|归属|旗下|持有"),
        (r"w[io]n(?:s|ner|ning)?\b|victor|champion|beat|defeat", "赢|胜|冠军|夺|获"),
        (r"los[ets]+\b|losing|defeat", "输|负于|落败|不敌|败"),
        (r"marr[iy]|wife|husband|wed(?:s|ded|ding)?\b|spouse", "结婚|妻|丈夫|夫人|娶|嫁|婚"),
        (r"weigh|heavy|kilogram|\d\s?(?:kg|tonn?e?s?|g|pounds?)\b", "重|公斤|千克|吨|克"),
        (r"writ|wrote|author|pen(?:ned)\b|by\b", "写|著|作者|撰|编|作品|创作|所作"),
        (r"direct(?:ed|or)|film by", "导演|执导"),
        (r"discover|found\b|detect", "发现|发掘|出土|探明"),
        (r"invent|patent|develop", "发明|研发|开发|研制"),
        (r"open(?:s|ed|ing)?\b|inaugurat|launch|in use since", "开放|开业|启用|开幕|通车|开通|开张|运营|开门|投入"),
        (r"clos(?:e|es|ed|ing|ure)\b|shut", "关闭|停业|停用|关门|停办|结业|停运"),
        (r"capital\b", "首都|省会|首府"),
        (r"population|inhabitants|residents|people liv", "人口|居民"),
        (r"operat(?:e|es|ed|or|ion)|run(?:s)? by|run(?:s|ning)?\b|manage", "运营|经营|营运|管理"),
    ]
]


_QUOTED = re.compile(r"[《“「\"]([^《》“”「」\"\n]{2,60})[》”」\"]")
_ORDINAL = re.compile(r"第?[二三四五六七八九十百千万]+[^\W\d]")
_AUXILIARY = re.compile(
    r"\b(?:do|does|did|is|are|was|were|has|have|had|can|could|will|would|must|may|should)(?:n['’]t)?\s+"
    r"(?:(?:the|an?|our|your|my|their)\s+)?([^\W\d_][\w-]*)",
    re.IGNORECASE,
)
_WHO = re.compile(r"^\W*(?:(?:to|by|from|with|for) )?who(?:m|se)?\b", re.IGNORECASE)
_WHO_DID = re.compile(r"^\W*who\s+[a-z]+\s+(?:the|our|your|this)\s+([^\W\d_]+)", re.IGNORECASE)
_PERSON = re.compile(
    r"(?!after|however|never|later|number|water|paper|over|under|other|either)\w{3,}(?:er|or|ist|ian|ee|eur)s?|(?:wo)?m[ae]n|people|persons?|team|board|council|committee|staff|department|office|"
    r"company|parents?|child(?:ren)?|everyone|anyone|nobody|he|she|they|we|i|head|chief|director|president|minister",
    re.IGNORECASE,
)
_TOPIC = re.compile(
    r"^\W*(?:please\s+)?(?:(?:can|could) you\s+)?(?:tell (?:me|us)(?: something| more| all)?|what (?:do|does|is|can)\b.{0,40}?"
    r"\b(?:say|said|tell|know|known|mention|written)(?: (?:me|us))?) (?:about|on)\s+(\S.*?)\W*$"
    r"|^\W*(?:关于|有关)(\S+?)[，,\s]*(?:这些|我的)?(?:文档|文件|资料|手册)\S{0,2}(?:说|写|讲|提到|规定|有)\S{0,6}\W*$"
    r"|^\W*请?(?:给我|跟我)?(?:介绍|讲|说)一?下?(\S+?)\W*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Asked:
    """What a sentence is held against.

    `terms` are what the question is about; `needed` those without which it is another question: names, numbers, what
    stands in quotation marks, and an English subject; `spare` of them may stand elsewhere in the documents, since a long
    question names its surroundings, too. `pieces` are the Chinese runs between question words and particles.
    """

    text: str
    terms: tuple[str, ...]
    needed: frozenset[str]
    relations: frozenset[str]
    pieces: tuple[str, ...]
    spare: int = 0
    topic: bool = False


def read_asked(question: str) -> Asked:
    """What the question asks; of `What do the documents say about X?` only the X."""
    topic = next((part for part in match.groups() if part), "") if (match := _TOPIC.match(question)) else ""
    text = topic or question
    told = frozenset[str]() if topic else relations(text)
    pieces = tuple(piece for piece in cjk_pieces(text) if len(piece) > 1)
    terms = tuple(dict.fromkeys([*content_terms(text), *sorted(told)]))
    spare = sum(not has_cjk(term) for term in terms) // _WORDS_PER_SPARE
    return Asked(text, terms, frozenset(_needed(text)), told, pieces, spare, bool(topic))


def _needed(text: str) -> set[str]:
    words = [word for word in WORD.findall(text) if not has_cjk(word)]
    names = [
        w for n, w in enumerate(words) if w.casefold() not in STOP and (n and w[0].isupper() or re.search(r"\d", w))
    ]
    found = {stem(name) for name in names} if len(names) <= _MOST_NAMES * len(words) or has_cjk(text) else set[str]()
    for quoted in [*_QUOTED.findall(text), *_ORDINAL.findall(text)]:
        found |= {term for word in WORD.findall(quoted) for term in (bigrams(word) if has_cjk(word) else [stem(word)])}
    subject = _AUXILIARY.search(text) or _WHO_DID.search(text)
    return found | ({stem(subject[1])} if subject and subject[1].casefold() not in STOP else set())


@lru_cache(maxsize=4096)
def relations(text: str) -> frozenset[str]:
    """Names of the relations that a text tells of, one for each line above; no term of a text is like them."""
    return frozenset(f"={n}" for n, words in enumerate(_RELATIONS) if words.search(text))


def fits(question: str, sentence: str) -> bool:
    """Whether the sentence holds the kind of thing that is asked for; True where that can't be told."""
    if any(asks.search(question) and not holds.search(sentence) for asks, holds in _KINDS):
        return False
    return not _WHO.search(question) or _names_somebody(question, sentence)


def _names_somebody(question: str, sentence: str) -> bool:
    """In English: a name or a person's part that the question has not named itself."""
    asked = {stem(word) for word in WORD.findall(question)}
    words = list(enumerate(WORD.findall(sentence)))
    return any((n and word[0].isupper()) or _PERSON.fullmatch(word) for n, word in words if stem(word) not in asked)


def known(pieces: Sequence[str], terms: Collection[str]) -> bool:
    """Whether `terms` hold enough of the characters of a Chinese question, and half of those it begins with."""
    shares = [sum(character in terms for character in piece) for piece in pieces]
    if not pieces:
        return True
    return shares[0] >= _FIRST * len(pieces[0]) and sum(shares) >= _KNOWN * sum(map(len, pieces))
