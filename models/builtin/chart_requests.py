"""A question that asks for a chart: what it asks of the data is asked first, then the chart is drawn of that."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from cairn.core.clean_text import has_cjk
from cairn.models.builtin.builtin_phrases import say, short
from cairn.models.builtin.chart_words import ChartWish, read_chart_wish
from cairn.models.builtin.prompt_conversation import Call, Conversation, Result, Toolbox
from cairn.models.builtin.question_part import answer
from cairn.models.builtin.question_splitting import split_question

DRAW = "draw_chart"
_TITLE = 100
_NUMBER = r"\d[\d,]*"


def wish_of(question: str, names: frozenset[str]) -> ChartWish | None:
    """The chart that is asked for, where it can be drawn."""
    return read_chart_wish(question) if DRAW in names else None


def parts_of(question: str, wish: ChartWish | None) -> list[str]:
    return split_question(wish.question if wish else question)


def answer_or_draw(talk: Conversation, box: Toolbox) -> tuple[list[Call], str]:
    """The calls that are still to be made, and what there is to say without them."""
    wish = wish_of(talk.question, box.names or frozenset(result.name for result in talk.results))
    if wish is None:
        return answer(talk, box, split_question(talk.question))
    parts = parts_of(talk.question, wish)
    calls, text = answer(talk, box, parts, charted=True) if wish.question else ([], "")
    if calls or (wish.question and not _found_rows(talk.results)):
        return calls, text
    drawn = next((result for result in talk.results if result.name == DRAW), None)
    if drawn is None:
        return [Call("0_chart", DRAW, draw_arguments(wish))], text
    chinese = has_cjk(talk.question)
    if drawn.failed:
        nothing = not wish.question and "no query was run" in drawn.text
        return [], "\n\n".join(filter(None, [text, say("nothing_to_draw" if nothing else "no_chart", chinese)]))
    return [], "\n\n".join([*([text] if len(parts) > 1 else []), _shown(drawn.text, chinese)])


def draw_arguments(wish: ChartWish) -> dict[str, Any]:
    title = short(wish.question.strip(" .?!。？！"), _TITLE)
    named = {"kind": wish.kind, "title": title[:1].upper() + title[1:]}
    return {name: value for name, value in named.items() if value}


def _found_rows(results: Sequence[Result]) -> bool:
    return any(one.name == "query_database" and not one.failed and "(0 rows" not in one.text for one in results)


def _shown(said: str, chinese: bool) -> str:
    """By the tool's own counts: the rows there are, or those of them that are drawn."""
    if match := re.search(rf"first ({_NUMBER}) of ({_NUMBER}) rows", said):
        return say("chart_of_some", chinese, drawn=match[1], count=match[2])
    match = re.search(rf"({_NUMBER}) rows?", said)
    return say("chart", chinese, rows=match[0], count=match[1]) if match else said
