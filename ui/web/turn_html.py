"""One turn of a conversation as HTML: what was asked, the answer in its pieces, and what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from cairn.agents.service import Cairn
from cairn.core.errors import KeyRefused
from cairn.core.source import Source
from cairn.memory.feedback_store import Feedback
from cairn.memory.run_store import WAITING, ShownTurn
from cairn.ui.web import safe, sample_choice
from cairn.ui.web.answer_html import AnswerParts
from cairn.ui.web.html_pieces import Words, button, icon_button, source_name
from cairn.ui.web.run_view import View, view


def draw_turn(home: Cairn, turn: ShownTurn, said: Feedback | None, say: Words) -> str:
    """The whole turn.

    Args:
        home: Whose run it is.
        turn: Which version of it is shown.
        said: What was said of the answer.
        say: The page's texts.

    Returns:
        An element that the page puts in the place of the one with the same `data-turn`.
    """
    events = home.events(turn.run)
    several = any(event.type == "alternative" for event in events)
    parts = AnswerParts(say, _remembered(home, turn.run) if several else None, _refused_before(home, turn))
    pieces = parts.take(events)
    if turn.state not in ("running", WAITING):
        if _rests_on_nothing(parts.seen) and sample_choice.left_out(home):
            pieces["left_out"] = safe.note(say("ask.samples_off"), "note") + button("samples", say("ask.samples_on"))
        pieces["actions"] = _actions(turn, parts.seen, said, say)
        if said is not None and said.verdict == "bad":
            pieces["feedback"] = _why(parts.seen, said, say)
    answer = "".join(piece(name, html) for name, html in pieces.items())
    named = f'data-turn="{turn.id}" data-run="{turn.run}" data-state="{turn.state}"'
    return (
        f'<article class="cairn-turn" {named}>{_question(turn, say)}'
        f'<div class="cairn-answer" role="group" aria-label="{escape(say("turn.answer"))}">{answer}</div></article>'
    )


def piece(name: str, html: str) -> str:
    """A piece of an answer in the element by which the page finds it."""
    return f'<div data-piece="{escape(name)}">{html}</div>'


def _question(turn: ShownTurn, say: Words) -> str:
    edit = icon_button("edit", "edit", say("turn.edit")) if turn.state != "running" else ""
    return f'<div class="cairn-asker" role="group" aria-label="{escape(say("turn.question"))}">' + (
        f"{safe.verbatim(turn.question, 'question')}{edit}</div>"
    )


def _refused_before(home: Cairn, turn: ShownTurn) -> bool:
    """Whether the version before failed by its key, too: then another one was given."""
    at = turn.versions.index(turn.run)
    failed = view(home.events(turn.versions[at - 1])).failed if at and turn.state == "failed" else None
    return failed is not None and failed["kind"] == KeyRefused.__name__


def _rests_on_nothing(seen: View) -> bool:
    """Whether passages were found, and the answer names none of them."""
    return bool(seen.answer.sources) and not (seen.failed or seen.cited or seen.results)


def _actions(turn: ShownTurn, seen: View, said: Feedback | None, say: Words) -> str:
    verdict = said.verdict if said else None
    made = [_versions(turn, say)]
    if seen.text.strip():
        made.append(button("copy-answer", say("turn.copy"), "quiet"))
    made.append(button("again", say("turn.again"), "quiet", how="same"))
    made.append(button("again", say("turn.again_chosen"), "quiet", how="chosen"))
    good = icon_button("verdict", "thumb_up", say("turn.good"), verdict == "good", verdict="good")
    bad = icon_button("verdict", "thumb_down", say("turn.bad"), verdict == "bad", verdict="bad")
    made.append(f'<span class="cairn-verdicts">{good}{bad}</span>')
    return f'<div class="cairn-row cairn-actions">{"".join(made)}</div>'


def _versions(turn: ShownTurn, say: Words) -> str:
    """`‹ 2/3 ›`; the thread goes on with the one that is shown."""
    count, at = len(turn.versions), turn.versions.index(turn.run)
    if count < 2:
        return ""
    before = icon_button("version", "chevron_left", say("turn.earlier"), run=turn.versions[at - 1]) if at else ""
    is_last = at + 1 == count
    after = "" if is_last else icon_button("version", "chevron_right", say("turn.later"), run=turn.versions[at + 1])
    told = escape(say("turn.version", number=at + 1, count=count))
    return f'<span class="cairn-versions" title="{told}">{before}<span>{at + 1}/{count}</span>{after}</span>'


def _why(seen: View, said: Feedback, say: Words) -> str:
    """Why it is bad, and what would have been right: a text, a query where there was one, or one of the passages."""
    held = said.correction or {}
    fields = _area("reason", say("turn.why"), said.reason or "")
    fields += _area("answer", say("turn.right_answer"), held.get("answer") or "")
    if queries := [table["sql"] for table in seen.tables if table["sql"]]:
        fields += _area("sql", say("turn.right_query"), held.get("sql") or queries[-1])
    if sources := seen.answer.sources:
        options = "".join(_option(n, source, held, say) for n, source in enumerate(sources, 1))
        label = escape(say("turn.right_passage"))
        fields += f'<label>{label}<select data-field="source"><option value=""></option>{options}</select></label>'
    save = button("verdict", say("turn.save"), "primary", verdict="bad", form="1")
    return f'<div class="cairn-card">{fields}<div class="cairn-row">{save}</div></div>'


def _option(number: int, source: Source, held: Mapping[str, Any], say: Words) -> str:
    chosen = " selected" if held.get("quote") == source["quote"] else ""
    return f'<option value="{number}"{chosen}>{number} · {escape(source_name(source, say))}</option>'


def _area(name: str, label: str, text: str) -> str:
    rows = min(8, text.count("\n") + 2)
    return f'<label>{escape(label)}<textarea data-field="{name}" rows="{rows}">\n{escape(text)}</textarea></label>'


def _remembered(home: Cairn, run: str) -> str | None:
    """The answer's text as the thread goes on with it."""
    messages = home.threads.messages(home.workspace.runs.find(run)[1])
    return next((message.text for message in messages if message.run == run and message.role == "assistant"), None)
