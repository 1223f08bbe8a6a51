"""Words of English, Chinese and German that ask for a chart: which kind, and the question without them."""

from __future__ import annotations

import re
from typing import NamedTuple

from cairn.core.clean_text import CJK

_KIND = r"(?:(?P<kind>stacked|bar|column|line|pie|donut|scatter|point)[ -]?)?(?:bar[ -]?)?"
_CHART = rf"(?:an?\s+)?{_KIND}(?:chart|graph|plot|diagram)\b"
_SHOW = r"(?:show|draw|plot|display|give|make|create|turn|visuali[sz]e)"
_THIS = r"(?:it|this|that|them|the results?|the rows)"
_AS = re.compile(
    rf"[,;.]?\s*(?:\b(?:and|please)\s+)*(?:\b{_SHOW}\s+{_THIS}\s+(?:(?:as|in|into|with|on|using)\s+|(?=an?\s))|\bas\s+){_CHART}",
    re.IGNORECASE,
)
_OF = re.compile(rf"\b{_SHOW}\s+(?:me\s+)?{_CHART}\s+(?:of|for|with|showing)\b", re.IGNORECASE)
_GERMAN = re.compile(
    r"[,;.]?\s*\bals\s+(?:(?:ein|gestapeltes)\s+)?(?P<kind>balken|säulen|linien|kreis|torten|punkt|streu)?-?diagramm\b",
    re.IGNORECASE,
)
_CHINESE = re.compile(
    r"[，,。；]?\s*(?:[并请]|然后)*(?:用|以|画成|做成|绘制成|显示为|显示成|[改换变][成为]|画|绘制)(?:一?[张个幅])?"
    r"(?:(?P<kind>堆叠柱状|堆积柱状|柱状|条形|折线|饼状?|散点)图表?|图表)(?:来?(?:显示|表示|展示|呈现))?"
)
_SHORT = re.compile(
    r"\b(?:as|als)\s+(?:an?\s+)?(?P<kind>bars?|columns?|lines?|pie|donut|points|"
    r"balken|säulen|linien?|kreis|torte|punkte)\b",
    re.IGNORECASE,
)
"""A kind alone, which asks for a chart only where nothing else is asked."""
_FILLS = re.compile(
    r"\b(?:and|but|then|now|please|ok|okay|the|same|instead|again|also|too|it|that|this|them|once|more|can|could|you|"
    r"und|jetzt|nun|dann|bitte|noch|mal|nochmal|auch|das|dasselbe|es|lieber)\b|[现在请再把将它这个那同样也吧呢好的一下]|\W",
    re.IGNORECASE,
)
_ENDS = re.compile(r"([.?!。？！])[.?!。？！]+$")
_WORD = re.compile(rf"[{CJK}]|[^\W{CJK}]+")
_KINDS = {
    **dict.fromkeys(("stacked", "堆叠柱状", "堆积柱状"), "stacked"),
    **dict.fromkeys(("bar", "bars", "column", "columns", "balken", "säulen", "柱状", "条形"), "bar"),
    **dict.fromkeys(("line", "lines", "linie", "linien", "折线"), "line"),
    **dict.fromkeys(("pie", "donut", "kreis", "torte", "torten", "饼", "饼状"), "pie"),
    **dict.fromkeys(("scatter", "point", "points", "punkt", "punkte", "streu", "散点"), "scatter"),
}


class ChartWish(NamedTuple):
    """`kind` is None where none is named; `question` is what is asked of the data, empty for a table that is there."""

    kind: str | None
    question: str


def read_chart_wish(question: str) -> ChartWish | None:
    """The chart that a question asks for; None where it asks for none.

    >>> read_chart_wish("How many orders per year, as a bar chart?")
    ChartWish(kind='bar', question='How many orders per year?')
    >>> read_chart_wish("And now as a pie.")
    ChartWish(kind='pie', question='')
    """
    for words in (_AS, _OF, _GERMAN, _CHINESE, _SHORT):
        if (found := words.search(question)) is not None:
            rest = f"{question[: found.start()]}{question[found.end() :]}".strip()
            kind = _KINDS.get((found["kind"] or "").lower())
            if not _FILLS.sub("", rest):
                return ChartWish(kind, "")
            rest = _ENDS.sub(r"\1", rest)
            return ChartWish(kind, rest) if words is not _SHORT and len(_WORD.findall(rest)) > 1 else None
    return None


def as_count(part: str) -> str:
    """What is named for each of something, as a question for its count: `orders per year` is no list of them."""
    if re.search(rf"[{CJK}]", part):
        return re.sub(r"的", "有多少", part, count=1) if re.search(r"[每各]", part) else part
    return f"How many {part}"
