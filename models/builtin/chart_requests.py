"""A question that asks for a chart: what it asks of the data is asked first, then the chart is drawn of that."""

from __future__ import annotations

import re

from cairn.core.clean_text import has_cjk
from cairn.language.words import content_terms, word_set
from cairn.models.builtin.builtin_phrases import say
from cairn.models.builtin.prompt_conversation import Call, Conversation, Toolbox
from cairn.models.builtin.question_part import answer, memory_call

DRAW = "draw_chart"
_KINDS = {
    "stacked": "stacked|堆叠|堆积",
    "bar": "bars?|columns?|柱状|条形",
    "line": "lines?|折线",
    "pie": "pie|donut|饼状?",
    "scatter": "scatter|points?|散点",
}
_KIND = f"(?:{'|'.join(_KINDS.values())})"
_CHART = rf"(?:{_KIND}[ -]?){{0,2}}(?:chart|graph|plot|diagram)\b"
_SHOW = r"\b(?:show|draw|plot|display|give|make|create|turn)\s+"
_WISH = re.compile(
    rf"{_SHOW}(?:me\s+)?an?\s+{_CHART}\s+(?:of|for|with|showing)\b"
    rf"|[,;.]?\s*(?:\b(?:and|please)\s+)*(?:{_SHOW}(?:it|this|that|them)\s+(?:as|in|into|with)?|\bas)\s*\ban?\s+{_CHART}"
    rf"|[，,。；]?\s*(?:[请并]|现在|然后|把[它其])*(?:用|画成?|做成|绘制成?|显示[为成]|[改换变][成为])(?:一?[张个幅])?"
    rf"(?:{_KIND}{{1,2}}图表?|图表)(?:来?(?:显示|表示|展示))?"
    rf"|\bas\s+(?:an?\s+)?(?P<alone>{_KIND})\b",
    re.IGNORECASE,
)
_AGAIN = word_set("now again instead once too ok 现在 好 一样")


def read_chart_wish(question: str) -> tuple[str | None, str]:
    """The chart's kind, empty where none is named and None where no chart is asked for; what is asked of the data."""
    found = _WISH.search(question)
    if found is None:
        return None, question
    rest = f"{question[: found.start()]}{question[found.end() :]}".strip()
    asks = not _AGAIN.issuperset(content_terms(rest))
    if asks and found["alone"]:  # `as a bar owner`
        return None, question
    kind = next((kind for kind, words in _KINDS.items() if re.search(words, found[0], re.IGNORECASE)), "")
    return kind, rest if asks else ""


def answer_or_draw(talk: Conversation, box: Toolbox) -> tuple[list[Call], str]:
    """The calls that are still to be made, and what there is to say without them."""
    kind, question = read_chart_wish(talk.question)
    names = box.names or {result.name for result in talk.results}
    if kind is None or DRAW not in names or memory_call(talk.question, names):
        return answer(talk, box, talk.question)
    calls, text = answer(talk, box, question, charted=True) if question else ([], "")
    found = [one for one in talk.results if one.name == "query_database" and not one.failed]
    if calls or (question and not found):
        return calls, text
    drawn = next((result for result in talk.results if result.name == DRAW), None)
    if drawn is None:
        return [Call("0_chart", DRAW, {"kind": kind, "title": question})], text
    said = say("no_chart" if drawn.failed else "chart", has_cjk(talk.question))
    return [], f"{text}\n\n{said}".strip() if drawn.failed or len(found) > 1 else said
