"""`rewrite: thread`: a follow-up question completed with the words of what was asked before, without a model."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cairn.text import CJK, has_cjk
from models.builtin.words import STOP, content_terms, stem

_MOST_TURNS = 5
_MOST_WORDS = 24
_FEW = 3
_LONG = 12
_LONGEST = 400
_OPENING = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|thanks?|thank you|yes|no|so|well|right)\b[\s,.!]*)*"
    r"(?:and|or|but|also|then|what about|how about|same|the same|else|only|even|except|besides)\b",
    re.IGNORECASE,
)
_OPENING_ZH = re.compile(
    r"^\W*(?:好的?|谢谢|嗯|明白了?)?\W*(?:那么?|还有|另外|此外|以及|而且|但是?|如果是|要是|换成|同样|然后)"
)
_ENDING_ZH = re.compile(r"呢\W*$")
_POINTING = re.compile(
    r"\b(?:it|its|they|them|their|theirs|he|she|him|his|her|hers|those|these|this(?! [^\W\d]{3})|that|one|ones|there"
    r"|then|both|the (?:same|others|rest(?! of)|latter|former))\b",
    re.IGNORECASE,
)
_EMPTY_IT = re.compile(
    r"\b(?:is|was|does|will|would|can|could) it (?:take|possible|allowed|ok(?:ay)?|true|cost|necessary|better|safe)\b"
    r"|\b(?:is|are|was|were|will) there\b|\bthere (?:is|are|was|were)\b|\bwhat time is it\b"
    r"|\b(?:that|those|this|these)\s+[^\W\d]+\s+(?:who|which|that)\b|\bone (?:of|can|may|should|must)\b"
    r"|\bthis (?:year|week|month)\b",
    re.IGNORECASE,
)
_POINTING_ZH = re.compile(
    r"它们?|(?<!其)他们?|她们?|这(?!里|么|样的话)|那(?:个|些|种|里|边|时)|其(?![他它余中实])|该|前者|后者|上述|同样"
)
_NAMES_IT = re.compile(
    r"\b(?:the|an?|my|our|your|is|are)\s+[^\W\d]{3,}|(?<!^)\b[A-Z][a-z]|^(?!.*[?？])(?!\W*(?:who|what|when|where|why|how)\b)",
    re.DOTALL,
)
_ACTION_ZH = re.compile(
    r"(?:[由找向在有要能会需]|应该|需要|必须)*(?:申请|审批|批准|预约|办理?|计算|算|收费|退还?|联系|负责|提交|处理|取消|修改|开始|结束|生效|领取|发放|支付|付)?"
)
_WORD = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+(?:['’.-][^\W_]+)*")
_FILLER = re.compile(
    r"[吗呢吧啊呀么的了]+|请问|什么|怎么|怎样|如何|为什么|是否|有没有|可以|多少|几[个天年月次种]?|多久|多长|哪[些个里儿]?|谁"
)


def complete(question: str, before: Sequence[str]) -> str:
    """`question`, with the words of the questions `before` it (oldest first) where it can't be understood alone."""
    whole = ""
    for asked in before[-_MOST_TURNS:]:
        whole = _joined(asked, whole)
    return _joined(question, whole)


def leans(question: str) -> bool:
    """Whether a question needs the one before it: it opens like one, points at something unsaid, or asks of nothing."""
    terms = content_terms(question)
    if not terms or len(question) > _LONGEST:
        return not terms
    if has_cjk(question):
        opens = bool(_OPENING_ZH.search(question) or _ENDING_ZH.search(question))
        return (opens and len(terms) <= 2 * _LONG) or _points_zh(question) or _asks_of_nothing_zh(question)
    opens = bool(_OPENING.search(question)) and len(terms) <= _LONG
    return opens or _points(question) or (len(terms) == 1 and not _NAMES_IT.search(question))


def _points(question: str) -> bool:
    """A pronoun for which hardly anything stands before it: `Who pays for it?`, not `Can a laptop that broke …`."""
    text = _EMPTY_IT.sub(" ", question)
    match = _POINTING.search(text)
    return match is not None and len(content_terms(text[: match.start()])) <= 2


def _points_zh(question: str) -> bool:
    match = _POINTING_ZH.search(question)
    return match is not None and len(_core_zh(question[: match.start()])) <= _FEW


def _asks_of_nothing_zh(question: str) -> bool:
    """`怎么申请？`, `多久？`: nothing but what is done, or what is asked."""
    core = _core_zh(question)
    return len(core) <= 1 or _ACTION_ZH.fullmatch(core) is not None


def _core_zh(text: str) -> str:
    """What is left without question words and particles."""
    return "".join(_WORD.findall(_FILLER.sub("", text)))


def _joined(question: str, before: str) -> str:
    if not before or not leans(question):
        return question
    known = {stem(word) for word in _WORD.findall(question)}
    words = [word for word in _topic(before) if stem(word) not in known]
    return " ".join([question.strip(), *words[:_MOST_WORDS]])


def _topic(text: str) -> list[str]:
    """The words that say what a text is about, as they stand in it."""
    found: list[str] = []
    for word in _WORD.findall(text):
        if has_cjk(word):
            found += [part for part in _FILLER.split(word) if part]
        elif word.casefold() not in STOP:
            found.append(word)
    return list(dict.fromkeys(found))
