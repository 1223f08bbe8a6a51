"""`the population of A divided by that of B`: one figure made of several that are to be found, as a sum over them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from models.builtin import listing, listing_zh
from models.builtin.arithmetic import to_expression
from models.builtin.chain import FORMS, Link, Term, UnclearError, chained, links, listed
from models.builtin.numerals import number_in
from models.builtin.words import has_cjk

MAX_LENGTH = 400
_MOST_OPERANDS = 8


@dataclass(frozen=True)
class Compound:
    """`form` is the expression with `{0}`, `{1}` for the operands: each a phrase that names one figure."""

    operands: tuple[str, ...]
    form: str


_OPENING = re.compile(
    r"^\W*(?:(?:please|can you|could you|tell me|give me|and|calculate|compute|work out|find|show(?: me)?|"
    r"what(?:'s|’s| is| are| was| were| would be)|how much (?:is|are|was|were)|the result of)\b\s*)*",
    re.IGNORECASE,
)
_CLOSING = re.compile(r"[\s?.!]+$")
_NO_FIGURE = re.compile(
    r"^(?:who|whom|whose|which|what|when|where|why|how(?!\s+(?:many|much)\b)|is|are|was|were|do|does|did|can|could|"
    r"should|may|must|will)\b",
    re.IGNORECASE,
)
_LIST = re.compile(
    r"^(?:the\s+)?(?:(?P<ratio>ratio)|(?P<difference>difference)|(?P<sum>sum|total)|(?P<product>product)|"
    r"(?P<average>average|mean))\s+(?:of|between)\s+(?P<items>.+)$",
    re.IGNORECASE,
)
_SHARE = re.compile(
    r"^(?P<left>.+?)\s+as\s+an?\s+(?:percentage|percent|share|fraction)\s+of\s+(?P<right>.+)$", re.IGNORECASE
)
_OPERATOR = re.compile(
    r"(?P<closed>\s*,(?:\s+(?:and\s+)?then)?|\s+(?:and\s+)?then)?\s+(?:"
    r"(?P<plus>plus|added\s+to|together\s+with|\+)|(?P<minus>minus|less(?!\s+than\b)|[-−–])|"
    r"(?P<times>times|multiplied\s+by|[*×])|"
    r"(?P<over>divided\s+by|over(?=\s+(?:that|those|the\s+(?:number|total|sum|count|average))\b)|[/÷]))\s+",
    re.IGNORECASE,
)
_CLEAR = re.compile(
    r"\s+(?:divided\s+by|minus|plus|times|multiplied\s+by|added\s+to)\s+|\s+[-+*/×÷−–]\s+", re.IGNORECASE
)

_OPENING_ZH = re.compile(r"^\W*(?:请问?|帮我|告诉我|麻烦你?|计算|算一?下?|求|那么?)*")
_CLOSING_ZH = re.compile(r"(?:等于|是|为|有|得)?(?:多少|几|什么|多大)?(?:呢|吗|啊)?[\s?？。！!]*$")
_NO_FIGURE_ZH = re.compile(r"谁|哪|为什么|为何|怎么|怎样|如何")
_LIST_ZH = re.compile(
    r"^(?P<items>.+?)(?:(?:的|之)?(?:(?P<ratio>比例|比值)|(?P<difference>差额|差值|差距)|"
    r"(?P<sum>总和|相加|加起来|加在一起)|(?P<product>乘积|相乘)|(?P<average>平均值|平均数|均值))|"
    r"(?:的|之)(?:(?P<ratio1>[比商])|(?P<difference1>差)|(?P<sum1>和)|(?P<product1>积)|(?P<average1>平均)))$"
)
# A single character may be a part of another word: 参加, 加班, 减免, 乘客.
_OPERATOR_ZH = re.compile(
    r"(?P<closed>\s*[,，]?\s*(?:然后|之后)?再?)(?:"
    r"(?P<plus>加上|(?<![参增添附追累更相叠])加(?![班入拿急盟工薪油权起在热])|\+)|"
    r"(?P<minus>减去|减掉|(?<![增缩削裁])减(?![少免价轻肥排])|(?<!\d)[-−–](?!\d)|(?<=\s)[-−–](?=\s))|"
    r"(?P<times>乘以|乘上|(?<![搭换])乘(?![客车坐法积务机船])|[*×])|(?P<over>除以|[/÷]))\s*"
)


def read_compound(part: str) -> Compound | None:
    """The figures and what is to be done with them; None for a question that is not of this form, or not clear."""
    try:
        return _read(part)
    except UnclearError:
        return None


def is_unclear(part: str) -> bool:
    """Whether figures are to be put together, and the words allow of several ways to do it."""
    try:
        _read(part)
    except UnclearError:
        return True
    return False


def _read(part: str) -> Compound | None:
    if len(part) > MAX_LENGTH or to_expression(part):
        return None
    term = (_chinese if has_cjk(part) else _english)(part)
    if term is None or len(term.operands) < 2 or all(map(number_in, term.operands)):
        return None
    if len(term.operands) > _MOST_OPERANDS:
        raise UnclearError
    form = term.form.format(*(f"{{{number}}}" for number in range(len(term.operands))))
    return Compound(term.operands, form) if all(re.search(r"\w", one) for one in term.operands) else None


def _english(part: str) -> Term | None:
    text = _CLOSING.sub("", _OPENING.sub("", part))
    if _NO_FIGURE.match(text):
        return None
    if match := _SHARE.match(text):
        return _share(match["left"], match["right"])
    row = links(_OPERATOR, text) if _CLEAR.search(text) else [Link("", False, text)]
    for before, link in pairwise(row):
        _check(before, link)
    first = row[0].text
    return chained([(link, _term(listing.complete(first, link.text) if link.sign else first)) for link in row])


def _share(left: str, right: str) -> Term:
    if _CLEAR.search(f"{left} , {right}"):
        raise UnclearError
    one, other = _term(left), _term(listing.complete(left, right))
    return Term(one.operands + other.operands, f"{_bracketed(one)} / {_bracketed(other)} * 100")


def _bracketed(term: Term) -> str:
    return f"({term.form})" if term.kind else term.form


def _term(text: str) -> Term:
    """One figure, or a list of them."""
    pieces = _pieces(text)
    kinds = {_kind(piece) for piece in pieces} - {""}
    if kinds and (len(pieces) > 2 or not kinds <= {"sum", "average"}):  # where the inner list ends, nobody can tell
        raise UnclearError
    found = listing.members(pieces) if len(pieces) > 1 else None
    return listed(_kind(text), found) if found else Term((text,))


def _pieces(text: str) -> list[str]:
    match = _LIST.match(text)
    return listing.split_list(match["items"], bool(match["ratio"])) if match else []


def _kind(text: str) -> str:
    match = _LIST.match(text)
    return next((name for name in FORMS if match and match[name]), "")


def _check(before: Link, link: Link) -> None:
    """`the sum of A and B divided by C` may divide B alone, `the sum of A times B and C` go on behind the sign."""
    kind, several = _kind(before.text), len(_pieces(before.text)) > 1
    same = kind == "sum" and link.sign in "+-"
    if kind and not several and len(listing.split_list(link.text)) > 1:
        raise UnclearError
    if several and not link.closed and not same:
        raise UnclearError


def _chinese(part: str) -> Term | None:
    text = _CLOSING_ZH.sub("", _OPENING_ZH.sub("", part))
    if _NO_FIGURE_ZH.search(text):
        return None
    row = links(_OPERATOR_ZH, text)
    first = row[0].text
    return chained([(link, _term_zh(listing_zh.complete(first, link.text))) for link in row])


def _term_zh(text: str) -> Term:
    match = _LIST_ZH.match(text)
    pieces = listing_zh.split_list(match["items"]) if match else []
    if match is None or len(pieces) < 2:
        return Term((text,))
    kind = next(name for name in FORMS if match[name] or match[f"{name}1"])
    return listed(kind, listing_zh.members(pieces))
