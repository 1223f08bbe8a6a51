"""`甲湖、乙湖和丙湖的深度`: the members of a list in Chinese, each as a phrase that names one figure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.builtin.chain import UnclearError
from models.builtin.numerals import number_in

# Words that hold one of the characters are none of its use: 合同, 参与, 和平.
_WORD = (
    r"以及|还有|(?<![总饱温])和(?![平谐解])|(?<!参)与(?!会)|(?<![涉普波])及(?![格时])|跟(?![踪进随])|"
    r"(?<![合共相不协陪])同(?![事学时意期等样城行步])"
)
_AND = re.compile(rf"\s*(?:[、;；]|[,，](?!\d{{3}}))\s*(?:{_WORD})?\s*|\s*(?:{_WORD})\s*")
_FIGURE = re.compile(r"(?:[数量额价率费值龄]|价格|金额|多少.*)$")
_COUNTED = re.compile(r"^\d+\s*([年月日号])")


def split_list(text: str) -> list[str]:
    return [piece for piece in _AND.split(text) if piece]


def members(pieces: Sequence[str]) -> list[str]:
    """Each with what the last one names for all."""
    pieces = _dates(pieces)
    *before, last = pieces
    shared = last.rpartition("的")[2]
    if shared != last:
        found = [one if _own(one) else f"{one}的{shared}" for one in before]
        return [*(complete(found[0], one) for one in found), complete(found[0], last)]
    if any("的" in one for one in before) and not all(map(_own, pieces)) and len(pieces) > 2:
        raise UnclearError
    return [pieces[0], *(complete(pieces[0], one) for one in pieces[1:])]


def _own(piece: str) -> bool:
    return "的" in piece or number_in(piece) is not None or _FIGURE.search(piece) is not None


def _dates(pieces: Sequence[str]) -> list[str]:
    """`2024和2025年的订单数`: the number before a year is a year."""
    found = list(pieces)
    for i in range(len(found) - 2, -1, -1):
        if found[i].isdigit() and (match := _COUNTED.match(found[i + 1])):
            found[i] += match[1]
    return found


def complete(first: str, other: str) -> str:
    """`B的` with what the first operand names: `A的人口除以B的`."""
    _, found, what = first.rpartition("的")
    return f"{other}{what}" if found and what and other.endswith("的") else other
