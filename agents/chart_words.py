"""Words of English, Chinese and German that ask for a chart: which kind, and the question without them."""

from __future__ import annotations

import re
from typing import NamedTuple

from cairn.core.chart_spec import Mark
from cairn.core.clean_text import CJK

_KIND = r"(?:(?P<kind>bar|column|line|pie|donut|scatter|point)[ -]?)?"
_CHART = rf"an?\s+{_KIND}(?:chart|graph|plot|diagram)\b"
_SHOW = r"(?:show|draw|plot|display|give|make|create|visuali[sz]e)"
_THIS = r"(?:it|this|that|them|the results?|the rows)"
_AS = re.compile(
    rf"[,;.]?\s*(?:\b(?:and|please)\s+)*(?:\b{_SHOW}\s+{_THIS}\s+(?:as|in|with|on|using)|\bas)\s+{_CHART}",
    re.IGNORECASE,
)
_OF = re.compile(rf"\b{_SHOW}\s+(?:me\s+)?{_CHART}\s+(?:of|for|with|showing)\b", re.IGNORECASE)
_GERMAN = re.compile(
    r"[,;.]?\s*\bals\s+(?P<kind>balken|säulen|linien|kreis|torten|punkt|streu)?-?diagramm\b", re.IGNORECASE
)
_CHINESE = re.compile(
    r"[，,。；]?\s*(?:[并请]|然后)*(?:用|以|画成|做成|绘制成|显示为|显示成|画|绘制)(?:一?[张个幅])?"
    r"(?:(?P<kind>柱状|条形|折线|饼状?|散点)图表?|图表)(?:来?(?:显示|表示|展示|呈现))?"
)
_ENDS = re.compile(r"([.?!。？！])[.?!。？！]+$")
_WORD = re.compile(rf"[{CJK}]|[^\W{CJK}]+")
_MARKS: dict[str, Mark] = {
    **dict.fromkeys(("bar", "column", "balken", "säulen", "柱状", "条形"), "bar"),
    **dict.fromkeys(("line", "linien", "折线"), "line"),
    **dict.fromkeys(("pie", "donut", "kreis", "torten", "饼", "饼状"), "arc"),
    **dict.fromkeys(("scatter", "point", "punkt", "streu", "散点"), "point"),
}


class ChartWish(NamedTuple):
    """`mark` is None where no kind is named; `question` is what is asked of the data."""

    mark: Mark | None
    question: str


def read_chart_wish(question: str) -> ChartWish | None:
    """The chart that a question asks for; None where it asks for none, or for nothing but a chart.

    >>> read_chart_wish("How many orders per year, as a bar chart?")
    ChartWish(mark='bar', question='How many orders per year?')
    """
    for words, instead in ((_AS, ""), (_OF, "Show"), (_GERMAN, ""), (_CHINESE, "")):
        if (found := words.search(question)) is not None:
            rest = f"{question[: found.start()]}{instead}{question[found.end() :]}".strip()
            rest = _ENDS.sub(r"\1", rest)
            return ChartWish(_MARKS.get((found["kind"] or "").lower()), rest) if len(_WORD.findall(rest)) > 1 else None
    return None
