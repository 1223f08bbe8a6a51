"""The JSON of an answer, a promise to other programs: a pure fold over a run's events. What is unknown is None."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from cairn.core.clean_text import plain
from cairn.core.events import ENDS, VERSION, Approval, Event, PlanStep, Statement, ThoughtNode
from cairn.core.source import Source

_MARKER = re.compile(r"\[(\d{1,4})\]")
_FIGURE = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_ROWS_HELD = 100


class _StrictModel(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Citation(_StrictModel):
    """`[marker]` in the answer's text stands for `sources[source]`."""

    marker: int
    source: int


class Step(_StrictModel):
    """`within`: the step, counted from 0, that asked the task which made this call."""

    tool: str
    arguments: dict[str, Any]
    result: str | None = None
    error: str | None = None
    seconds: float | None = None
    within: int | None = None


class AnswerTable(_StrictModel):
    """`lookup`: only looked at on the way; the answer does not rest on it."""

    columns: list[str]
    rows: list[list[Any]]
    sql: str | None
    lookup: bool = False


class TokenUsage(_StrictModel):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None
    calls: int | None = None


class Answer(_StrictModel):
    version: Literal[2] = VERSION
    run: str | None
    parent: str | None = None
    answer: str | None = None
    error: str | None = None
    sources: list[Source] = []
    citations: list[Citation] = []
    statements: list[Statement] | None = None
    steps: list[Step] = []
    plan: list[PlanStep] | None = None
    tree: list[ThoughtNode] | None = None
    approval: Approval | None = None
    tables: list[AnswerTable] = []
    charts: list[dict[str, Any]] = []
    notices: list[str] = []
    task: str | None = None
    strategy: str | None = None
    template: str | None = None
    template_hash: str | None = None
    model: str | None = None
    thread: str | None = None
    usage: TokenUsage = TokenUsage()
    seconds: float | None = None
    stopped_by: str | None = None
    confidence: float | None = None


def fold(events: Iterable[Event]) -> Answer:
    """The answer that a run's events amount to, also when they are not complete yet."""
    answer = Answer(run=None)
    calls: dict[str, Step] = {}
    usage: list[dict[str, Any]] = []
    asked: dict[str, Approval] = {}
    question = ""
    for event in events:
        answer.run = event.run
        question = event.data["question"] if event.type == "started" else question
        _apply(answer, calls, event)
        if event.type == "usage":
            usage.append(event.data)
        elif event.type == "approval":
            asked[event.data["id"]] = Approval(**event.data)
        elif event.type in ENDS:
            asked.clear()
    answer.approval = next((one for one in asked.values() if one["state"] == "needed"), None)
    answer.usage = total_usage(usage)
    mark_lookups(answer.tables, question, answer.answer or "")
    answer.citations = _citations(answer.answer or "", len(answer.sources))
    return answer


def statement_counts(statements: Sequence[Statement] | None) -> list[str]:
    """What the rules found, `statements word for word in their passage: 3 of 5, differing from it: 1`, and each judge.

    A judge's is `4 of 5 supported, says gpt-5`. Nothing where nothing was checked.
    """
    judges = dict.fromkeys(statement["judge"] for statement in statements or ())
    return [_counted([one for one in statements or () if one["judge"] == judge], judge) for judge in judges]


def _counted(statements: Sequence[Statement], judge: str | None) -> str:
    states = Counter(statement["state"] for statement in statements)
    if judge:
        return f"{states['supported']} of {len(statements)} supported, says {judge}"
    quoted, differ = states["quoted"], states["differs"]
    if differ:
        return f"statements word for word in their passage: {quoted} of {len(statements)}, differing from it: {differ}"
    return f"statements word for word in their passage: {quoted} of {len(statements)}"


def from_version_1(statement: Mapping[str, Any]) -> Statement:
    """A statement as version 1 stored it: none of its rules' or judge's words are kept as a state.

    Its rules called half of the false statements supported, and who had said it, rules or a model, was not stored.
    """
    said = {"supported": "no fault", "unverified": statement["reason"] or "a fault", "uncited": statement["reason"]}
    reason = f"an earlier version checked it and found: {said[statement['state']]}"
    return Statement(
        text=statement["text"],
        state="not_checked",
        source=statement["source"],
        quote=statement["quote"],
        reason=reason,
        judge=None,
    )


def _apply(answer: Answer, calls: dict[str, Step], event: Event) -> None:
    data = event.data
    match event.type:
        case "started":
            answer.error = answer.seconds = None  # of a run that was broken off, and is gone on with
            for key in ("task", "strategy", "template", "template_hash", "model", "thread"):
                setattr(answer, key, data[key])
            answer.parent = data.get("parent")
        case "tool_started":
            if (step := calls.get(data["id"])) is None:
                calls[data["id"]] = step = Step(tool=data["tool"], arguments=data["arguments"])
                if outer := calls.get(data.get("within", "").rpartition("/")[2]):
                    step.within = answer.steps.index(outer)
                answer.steps.append(step)
            step.arguments = data["arguments"]
        case "tool_finished":
            if step := calls.get(data["id"]):
                step.result, step.error, step.seconds = data["result"], data["error"], data["seconds"]
        case "sources":
            answer.sources.extend(data["sources"])
        case "checked":
            answer.statements = data["statements"]
        case "table":
            answer.tables.append(AnswerTable(columns=data["columns"], rows=data["rows"], sql=data["sql"]))
        case "notice" if data["text"] not in answer.notices:  # several calls may have the same to say
            answer.notices.append(data["text"])
        case "chart":
            answer.charts.append(data["spec"])
        case "vote":
            answer.confidence = data["confidence"]
        case "tree":
            answer.tree = data["nodes"]
        case "plan" if "within" not in data:
            answer.plan = data["steps"]
        case "finished":
            answer.answer, answer.stopped_by = data["answer"], data["stopped_by"]
            answer.seconds = data["seconds"]
        case "failed":
            answer.error = f"{data['message']} {data['hint'] or ''}".strip()
            answer.seconds = data["seconds"]
        case _:
            pass


def mark_lookups(tables: Sequence[AnswerTable], question: str, text: str) -> None:
    """Mark the tables that the answer does not rest on.

    It rests on those that gave it a value: one that stands in the answer, and neither in the question nor in a later
    query, for which it was only looked up. Where no table gave one, on the last with rows, else on the last.
    """
    if len(tables) < 2:
        return
    said = _Values(text)
    known = [_Values(" ".join([question, *(later.sql or "" for later in tables[n + 1 :])])) for n in range(len(tables))]
    gave = [said.has_any_of(table.rows, but=before) for table, before in zip(tables, known, strict=True)]
    filled = [n for n, table in enumerate(tables) if table.rows]
    last = filled[-1] if filled else len(tables) - 1
    for n, table in enumerate(tables):
        table.lookup = not gave[n] if any(gave) else n != last


def rests_on(table: AnswerTable, question: str, text: str) -> bool:
    """Whether an answer's text says a value of the table that its question has not, how many rows there are, or all."""
    said, asked, count = _Values(text), _Values(question), len(table.rows)
    if said.has_any_of(table.rows, but=asked) or (said.has(count) and not asked.has(count)):
        return True
    return 0 < count <= _ROWS_HELD and all(said.has(cell) for row in table.rows for cell in row)


class _Values:
    """The words and figures of a text, in which a table's cells are looked for."""

    def __init__(self, text: str) -> None:
        self._text = " ".join(text.casefold().split())
        self._figures = {float(figure.replace(",", "")) for figure in _FIGURE.findall(text)}

    def has_any_of(self, rows: Sequence[Sequence[Any]], but: _Values) -> bool:
        """Whether it has a cell of the first rows that the other text has not."""
        return any(self.has(cell) and not but.has(cell) for row in rows[:_ROWS_HELD] for cell in row)

    def has(self, cell: Any) -> bool:
        """A figure also where the text rounds it."""
        if cell is None or cell == "":
            return False
        try:
            figure = float(cell)
        except (TypeError, ValueError, OverflowError):
            return " ".join(plain(cell).casefold().split()) in self._text
        return any(abs(figure - said) <= 0.5 * 10 ** -_decimals(said) for said in self._figures)


def _decimals(figure: float) -> int:
    """How many a written figure shows; one without any is not rounded."""
    return len(f"{figure:.10g}".partition(".")[2]) or 9


def total_usage(calls: Sequence[Mapping[str, Any]]) -> TokenUsage:
    """The sums of `usage` events; a call that did not say makes its sum unknown: a part would look like the total."""

    def total(key: str) -> Any:
        values = [call[key] for call in calls]
        return None if not values or None in values else sum(values)

    return TokenUsage(
        input_tokens=total("input_tokens"), output_tokens=total("output_tokens"), cost=total("cost"), calls=len(calls)
    )


def _citations(text: str, sources: int) -> list[Citation]:
    """Markers in order of first appearance; those that point at no source are left out."""
    numbers = dict.fromkeys(int(match[1]) for match in _MARKER.finditer(text))
    return [Citation(marker=n, source=n - 1) for n in numbers if 1 <= n <= sources]
