"""Words of English and Chinese: tokens, stems, function words. General language knowledge, none of any data set."""

from __future__ import annotations

import re
from functools import lru_cache

from cairn.core.clean_text import CJK, has_cjk

WORD = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+(?:['’][^\W_]+)?")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def listed(words: str) -> list[str]:
    return words.split()


def word_set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Of these a question for records says no more than one for documents does.
GRAMMAR = word_set(
    "a an the and or but then than that this these those there here it its i me my we us our you your he she they them "
    "their his her is are was were be been being am do does did has have had having can could will would shall should "
    "may might of in on at to for from by with as into within what which who whom whose when where please tell give "
    "show say find list get let know need want any some all also just only so such"
)
STOP = GRAMMAR | word_set(
    "if done must about over under per via between why how many much long often far old explain describe like not no "
    "each every very same other more most less least s t d ll re ve m don doesn isn aren one ones up"
)

# Question words and particles that carry no topic; longest first when they are cut out.
_ZH_STOP = listed(
    "多长时间 什么时间 多少时间 多大年纪 几点钟 几点 几岁 为什么 怎么样 怎么办 什么时候 多少钱 多少天 多少个 多少年 "
    "多少人 多少次 多少名 多少位 多少种 多少元 多少小时 几年 几次 几种 几位 几名 几人 有没有 是不是 是否 能不能 "
    "可不可以 可以 如何 怎么 怎样 什么 哪些 哪个 哪里 哪儿 哪位 哪一 哪 多少 多久 多长 多大 几个 几天 几 谁 请问 告诉 "
    "我们 你们 他们 我 你 您 他 她 它 的 地 得 了 吗 呢 吧 啊 呀 是 在 有 和 与 或 及 被 把 对 从 向 以及 需要 应该 能 "
    "会 要 请 帮 一下 这个 那个 这 那 个 时 其 于 为 由 之 就 都 也 还 而 但"
)
# A text tells of `5 天`, hardly ever of 天数; 每天数据 is cut nowhere.
_ZH_COUNTED = r"(?:小时|分钟|[天周月年])数(?![据字码量学次十百千万])"
_ZH_CUT = re.compile("|".join([_ZH_COUNTED, *sorted(_ZH_STOP, key=len, reverse=True)]))

_PAIRS = listed(
    "people:person men:man women:woman children:child paid:pay sold:sell bought:buy sent:send taken:take took:take "
    "left:leave leaves:leave held:hold made:make given:give gave:give wrote:write written:write kept:keep began:begin "
    "criteria:criterion"
)
_IRREGULAR = dict(pair.split(":") for pair in _PAIRS)


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A crude English stem: equal for singular and plural, -ed and -ing. Other scripts come back as they are."""
    word = word.casefold().replace("’", "'").removesuffix("'s").replace("'", "")
    word = _IRREGULAR.get(word, word)
    if len(word) < 3 or not word.isascii() or not word.isalpha():
        return word
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    inflected = re.fullmatch("(.{3,})(?:ing|ed)", word)
    if inflected and re.search("[aeiouy]", inflected[1]):
        word = inflected[1]
    if len(word) > 3 and word.endswith("e") and word != "note":  # a note is not `not`
        word = word[:-1]
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return word[:-1] + "i" if len(word) > 2 and word.endswith("y") else word


def split_identifier(name: str) -> list[str]:
    """`order_items`, `OrderItems` and `订单_明细` as stems of their words."""
    return [stem(word) for word in WORD.findall(_CAMEL.sub(" ", name).replace("_", " "))]


def content_terms(text: str) -> list[str]:
    """What a text is about, in order: English stems without function words, CJK as character bigrams."""
    terms: list[str] = []
    for word in WORD.findall(text):
        if has_cjk(word):
            terms += [pair for run in _ZH_CUT.split(word) for pair in bigrams(run)]
        elif word.casefold() not in STOP and stem(word) not in STOP:
            terms.append(stem(word))
    return terms


def cjk_pieces(text: str) -> list[str]:
    """The runs of CJK characters between question words and particles."""
    return [piece for word in WORD.findall(text) if has_cjk(word) for piece in _ZH_CUT.split(word) if piece]


def all_terms(text: str) -> set[str]:
    """Every term a text could be matched by: stems of all its words, all CJK bigrams and characters."""
    terms: set[str] = set()
    for word in WORD.findall(text):
        terms.update([*bigrams(word), *word] if has_cjk(word) else [stem(word)])
    return terms


def bigrams(run: str) -> list[str]:
    return [run] if len(run) == 1 else [run[i : i + 2] for i in range(len(run) - 1)]
