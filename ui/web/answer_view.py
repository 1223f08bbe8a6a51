"""Draws one answer: its steps, text, tables and sources. Nothing here is kept; it is drawn from a `View` each time."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from cairn.core.answer import Answer, Step, statements_summary
from cairn.core.clean_text import plain
from cairn.core.events import PlanStep, Table
from cairn.core.source import Source
from cairn.ui.web import plan_drawing, safe
from cairn.ui.web.run_view import View

OpenSource = Callable[[Source, Sequence[str]], None]
Choose = Callable[[int], None]
_ROWS_SHOWN = 12
_NARROW = 3


def answer(
    seen: View,
    key: str,
    open_source: OpenSource | None = None,
    choose: Choose | None = None,
    chosen: int | None = None,
) -> None:
    """`key` is the run's; without `open_source` and `choose` (while it is being written) there is nothing to press."""
    if seen.reasoning.strip():
        with st.expander("What it thought", type="compact", icon=":material/psychology:"):
            st.html(safe.verbatim(seen.reasoning.strip(), "notice"))
    if seen.answer.plan:
        plan(seen.answer.plan, seen.over)
    for number, step in enumerate(seen.answer.steps):
        _step(step, seen.thoughts[number], seen.over)
    for notice in seen.notices:
        st.html(safe.note(notice, "notice"))
    if seen.alternatives and choose:
        _alternatives(seen, key, choose, chosen)
    elif seen.text.strip():
        st.html(safe.html(seen.text))
    for table in seen.results:
        _table(table, folded=_told(table, seen.text))
    if seen.over:
        _doubts(seen)
        _sources(seen, key, open_source)
    if seen.failed:
        problem(seen.failed["message"], seen.failed["hint"])
    if seen.over:
        st.html(safe.verbatim(caption(seen.answer), "caption"))


def problem(message: str, hint: str | None) -> None:
    """What went wrong, and what to do."""
    st.html(safe.note(f"{message} {hint or ''}", "problem"))


def plan(steps: list[PlanStep], over: bool) -> None:
    """As a list; when it is over also as a graph, a click away."""
    st.html(safe.verbatim(plan_drawing.lines(steps), "plan"))
    if over and (drawing := plan_drawing.graph(steps)):
        with st.expander("The plan as a graph", type="compact", icon=":material/account_tree:"):
            st.mermaid_chart(drawing, alt="What each step of the plan needs")


def caption(given: Answer) -> str:
    """`documents · default 3f2a91c0 · gpt-5-mini · 1,204 + 87 tokens · 2.1 s`; what is unknown is left out."""
    usage = given.usage
    tokens = usage.input_tokens is not None and usage.output_tokens is not None
    parts = [
        given.task,
        f"{given.template} {(given.template_hash or '')[:8]}".strip() if given.template else None,
        given.model,
        f"{usage.input_tokens:,} + {usage.output_tokens:,} tokens" if tokens else None,
        f"cost {usage.cost:.4g}" if usage.cost else None,
        statements_summary(given.statements),
        _time(given.seconds) if given.seconds is not None else None,
        _stopped(given.stopped_by),
    ]
    return " · ".join(part for part in parts if part)


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _stopped(by: str | None) -> str | None:
    return None if by is None else "stopped by you" if by == "user" else f"stopped early: {by}"


def _step(step: Step, thought: str, over: bool) -> None:
    running = step.seconds is None and not over
    state = "running" if running else "error" if step.error else "complete"
    with st.status(_step_label(step), state=state, type="step"):
        if thought.strip():
            st.html(safe.html(thought))
        st.html(safe.verbatim(_arguments(step.arguments), "arguments"))
        if step.error or step.result is not None:
            st.html(safe.verbatim(step.error or step.result or "", "result"))


def _step_label(step: Step) -> str:
    about = next((_as_text(value) for value in step.arguments.values() if value), "")
    time = f" · {_time(step.seconds)}" if step.seconds is not None else ""
    return f"**{safe.label(step.tool)}** {safe.label(about, limit=70)}{time}"


def _arguments(arguments: dict[str, Any]) -> str:
    return "\n".join(f"{name}: {_as_text(value)}" for name, value in arguments.items()) or "no arguments"


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _alternatives(seen: View, key: str, choose: Choose, chosen: int | None) -> None:
    for tab, option in zip(
        st.tabs([f"Answer {option['number']}" for option in seen.alternatives]), seen.alternatives, strict=True
    ):
        with tab:
            st.html(safe.html(option["text"]))
            if chosen == option["number"]:
                st.caption("This is the one the conversation goes on with.")
            else:
                number = option["number"]
                st.button("Use this one", key=f"use:{key}:{number}", on_click=choose, args=(number,))


def _told(table: Table, text: str) -> bool:
    """Whether the answer's text holds a table already, or the only value."""
    rows = table["rows"]
    single = len(rows) == 1 and len(rows[0]) == 1
    return "| ---" in text or (single and plain(rows[0][0]) in text)


def _table(table: Table, folded: bool) -> None:
    """`folded`: the whole table is a click away."""
    if folded:
        count = len(table["rows"])
        with st.expander(f"{count} row{'' if count == 1 else 's'}, SQL", type="compact", icon=":material/database:"):
            _frame(table)
            _sql(table)
        return
    _frame(table)
    if table["sql"]:
        with st.expander("SQL", type="compact", icon=":material/database:"):
            _sql(table)


def _frame(table: Table) -> None:
    import pandas as pd

    rows = [[_cell(value) for value in row] for row in table["rows"]]
    frame = pd.DataFrame(rows, columns=pd.Index(_distinct(table["columns"])))
    st.dataframe(
        frame,
        hide_index=True,
        width="stretch" if len(frame.columns) > _NARROW else "content",
        height="content" if len(rows) <= _ROWS_SHOWN else 420,
    )
    if table.get("truncated"):
        st.caption(f"The first {len(rows)} rows; more were cut off.")


def _sql(table: Table) -> None:
    if table["sql"]:
        st.code(table["sql"], language="sql", wrap_lines=True)


def _cell(value: Any) -> Any:
    """Integers beyond 64 bits, which Arrow can't hold, and structures are shown as text."""
    big = isinstance(value, int) and abs(value) >= 2**63
    return str(value) if big or isinstance(value, (dict, list)) else value


def _distinct(columns: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    names: list[str] = []
    for column in columns:
        seen[column] = seen.get(column, 0) + 1
        names.append(column if seen[column] == 1 else f"{column} ({seen[column]})")
    return names


def _doubts(seen: View) -> None:
    """The statements that differ from their passage, or that the judge calls unsupported, each with the reason."""
    doubtful = seen.doubtful
    if doubtful:
        title = statements_summary(doubtful) if doubtful[0]["judge"] else None
        title = title or f"{len(doubtful)} statement{' differs' if len(doubtful) == 1 else 's differ'} from the passage"
        with st.expander(title, type="compact", icon=":material/help:"):
            st.html(safe.verbatim("\n".join(f"{one['text']} — {one['reason']}" for one in doubtful), "notice"))


def _sources(seen: View, key: str, open_source: OpenSource | None) -> None:
    """The cited ones first, each by the number the text calls it; the others folded into one."""
    sources = seen.answer.sources
    cited = sorted(seen.cited) if seen.cited else list(range(len(sources)))
    others = [n for n in range(len(sources)) if n not in cited]
    if not sources:
        return
    with st.container(gap="xsmall"):
        for n in cited:
            _source(sources[n], n, key, open_source, seen.quotes(n))
        if not others:
            return
        with st.expander(f"{len(others)} more found", type="compact", icon=":material/more_horiz:"):
            for n in others:
                _source(sources[n], n, key, open_source)


def _source(source: Source, n: int, key: str, open_source: OpenSource | None, quotes: Sequence[str] = ()) -> None:
    """`quotes`: what the answer's statements rest on."""
    with st.expander(_source_label(source, n), type="compact", icon=":material/article:"):
        st.html(safe.passage(source["quote"].strip("\n"), quotes))
        if open_source and st.button("Open the document here", key=f"open:{key}:{n}", type="tertiary"):
            open_source(source, quotes)


def _source_label(source: Source, n: int) -> str:
    names = dict.fromkeys(part for part in (source["title"], source["heading"]) if part)
    page = f", page {source['page']}" if source["page"] else ""
    return f"**{n + 1}** · {safe.label(' › '.join(names) or source['source'])}{page}"
