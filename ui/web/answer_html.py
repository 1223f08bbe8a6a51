"""One answer as pieces of HTML, each with a name by which the page replaces it: steps, text, tables, sources."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Any, cast

from cairn.core.answer import Answer, Step, statement_counts
from cairn.core.clean_text import clean
from cairn.core.errors import KeyRefused
from cairn.core.events import Approval, Event
from cairn.core.source import Source
from cairn.ui import thought_tree
from cairn.ui.web import plan_drawing, safe, table_html
from cairn.ui.web.chart_drawing import KINDS, chart_name, is_drawable
from cairn.ui.web.html_pieces import Words, argument_name, button, fold, one_line, source_name, tool_name
from cairn.ui.web.markdown_html import GrowingMarkdown, blocks
from cairn.ui.web.page_hints import hint_here, limit_here, said_here
from cairn.ui.web.run_view import View

_LONG = 60


class AnswerParts:
    """The pieces of one run's answer as its events come."""

    def __init__(self, say: Words, chosen: str | None = None, refused_before: bool = False) -> None:
        self.seen = View(Answer(run=None))
        self._say = say
        self._chosen = chosen
        self._refused_before = refused_before
        self._before: dict[str, str] = {}
        self._after: dict[str, str] = {}
        self._growing = GrowingMarkdown()
        self._text = ""

    def take(self, events: Sequence[Event]) -> dict[str, str]:
        """After these events, every piece in the order in which it stands."""
        if self.seen.take(events):
            self._before, self._after = self._lead(), self._end()
        thought = fold("reasoning", escape(self._say("answer.reasoning")), self._reasoning())
        return _filled({"reasoning": thought} | self._before | self._written() | self._after)

    def _reasoning(self) -> str:
        return safe.verbatim(text, "notice") if (text := self.seen.reasoning.strip()) else ""

    def _lead(self) -> dict[str, str]:
        seen, say = self.seen, self._say
        made = {"plan": _plan(seen, say), "tree": _tree(seen)}
        made |= {f"step-{n}": _step(n, step, seen, say) for n, step in enumerate(seen.answer.steps)}
        notices = (said_here(notice, say) for notice in seen.notices)
        told = [*notices, *(say("answer.rejected", tool=tool_name(tool, say)) for tool in seen.rejected)]
        return made | {"notices": "".join(safe.note(notice, "notice") for notice in told)}

    def _written(self) -> dict[str, str]:
        seen = self.seen
        if seen.alternatives and seen.over:
            return {"alternatives": _alternatives(seen, self._chosen, self._say)}
        sources = len(seen.answer.sources)
        if self._growing.sources != sources or not seen.text.startswith(self._text):
            self._growing = GrowingMarkdown(sources)
        self._text = seen.text
        made = {f"text-{n}": block for n, block in enumerate(self._growing.blocks(seen.text))}
        waits = {"waiting": f'<div class="cairn-waiting">{escape(_working(seen, self._say))}</div>'}
        return made or ({} if seen.over or seen.undecided else waits)

    def _end(self) -> dict[str, str]:
        seen, say = self.seen, self._say
        charts = [n for n, spec in enumerate(seen.answer.charts) if is_drawable(spec)]
        made = {f"chart-{n}": _chart(n, seen.answer.charts[n], say) for n in charts}
        made |= {f"table-{n}": table_html.table(n, table, seen.text, say, bool(charts)) for n, table in seen.results}
        made |= {f"approval-{one['id']}": _approval(one, say) for one in seen.undecided}
        if seen.over:
            made |= {"doubts": _doubts(seen, say), "sources": _sources(seen, say)}
            made |= {
                "problem": _problem(seen, say, self._refused_before),
                "caption": caption(seen.answer, say),
            }
        return made


def _working(seen: View, say: Words) -> str:
    if seen.tries is None:
        return say("answer.working")
    made, most = seen.tries
    return say("answer.tried", made=made, most=most)


def _filled(pieces: dict[str, str]) -> dict[str, str]:
    return {name: html for name, html in pieces.items() if html}


def _plan(seen: View, say: Words) -> str:
    if not (steps := seen.answer.plan):
        return ""
    drawing = plan_drawing.graph(steps) if seen.over else None
    draw = button("draw-plan", say("answer.draw_plan"), "quiet") if drawing else ""
    return safe.verbatim(plan_drawing.lines(steps, lambda reason: said_here(reason, say)), "plan") + draw


def _tree(seen: View) -> str:
    nodes = seen.answer.tree
    return safe.verbatim(thought_tree.lines(nodes), "plan") if nodes else ""


def _step(n: int, step: Step, seen: View, say: Words) -> str:
    running = step.seconds is None and not seen.over
    state = "running" if running else "error" if step.error else "done"
    about = next((_as_text(value) for name, value in step.arguments.items() if value and value != name), "")
    time = f'<span class="cairn-time">{escape(_time(step.seconds))}</span>' if step.seconds is not None else ""
    inner = "" if step.within is None else "↳ "
    about = f'<span class="cairn-about">{escape(one_line(about))}</span>'
    label = f"{inner}{_tool(step.tool, say)} {about} {time}"
    thought = "".join(blocks(seen.thoughts[n])) if seen.thoughts[n].strip() else ""
    arguments = "\n".join(f"{argument_name(name, say)}: {_as_text(value)}" for name, value in step.arguments.items())
    body = thought + safe.verbatim(arguments or say("answer.no_arguments"), "arguments")
    if step.error or step.result is not None:
        body += safe.verbatim(step.error or step.result or "", "result")
    return fold(f"step-{n}", label, body, f"cairn-step cairn-{state}")


def _tool(tool: str, say: Words) -> str:
    """In the reader's words, its own name for who points at it."""
    named = tool_name(tool, say)
    title = f' title="{escape(clean(tool))}"' if named != tool else ""
    return f"<b{title}>{escape(clean(named))}</b>"


def _as_text(value: Any) -> str:
    """A list of names as people write it, everything else that is no text as JSON."""
    if isinstance(value, list) and value and all(isinstance(one, str) for one in cast(list[Any], value)):
        return ", ".join(cast(list[str], value))
    return value if isinstance(value, str) else _as_json(value)


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _alternatives(seen: View, chosen: str | None, say: Words) -> str:
    """Side by side: to be read before one is chosen."""
    made: list[str] = []
    for option in seen.alternatives:
        number = option["number"]
        is_chosen = number == seen.chosen_as(chosen)
        note = safe.note(say("answer.chosen"), "note") if is_chosen else ""
        use = "" if is_chosen else button("choose", say("answer.use"), number=number)
        head = f"<h3>{escape(say('answer.number', number=number))}</h3>"
        made.append(f'<section class="cairn-option">{head}{safe.html(option["text"])}{note}{use}</section>')
    return f'<div class="cairn-options">{"".join(made)}</div>'


def _chart(number: int, spec: dict[str, Any], say: Words) -> str:
    """The page's script asks for the picture."""
    files = "".join(button("chart-file", say("table.save", form=form.upper()), "quiet", form=form) for form in KINDS)
    label = escape(say("answer.chart"))
    name = escape(chart_name(spec))
    picture = f'<img alt="{label}"><div class="cairn-row">{files}</div>'
    return f'<figure data-chart="{number}" data-name="{name}">{picture}</figure>'


def _doubts(seen: View, say: Words) -> str:
    """The statements that differ from their passage, or that the judge calls unsupported, each with the reason."""
    if not (doubtful := seen.doubtful):
        return ""
    title = said_here(statement_counts(doubtful)[0], say) if doubtful[0]["judge"] else None
    lines = "\n".join(f"{one['text']} — {one['reason']}" for one in doubtful)
    return fold("doubts", escape(title or say("answer.doubts", count=len(doubtful))), safe.verbatim(lines, "notice"))


def _sources(seen: View, say: Words) -> str:
    """The cited ones, each by the number the text calls it; the others folded into one."""
    sources = seen.answer.sources
    cited = sorted(seen.cited) if seen.cited else list(range(len(sources)))
    others = [n for n in range(len(sources)) if n not in cited]
    shown = "".join(_source(n, sources[n], say) for n in cited)
    more = "".join(_source(n, sources[n], say) for n in others)
    return _row_of(shown) + fold("more", escape(say("answer.more_found", count=len(others))), _row_of(more))


def _row_of(sources: str) -> str:
    return f'<div class="cairn-sources">{sources}</div>' if sources else ""


def _source(n: int, source: Source, say: Words) -> str:
    return button("passage", f"{n + 1} · {source_name(source, say)}", "cairn-source", source=n + 1)


def _approval(asked: Approval, say: Words) -> str:
    """A field for each argument. What is no text is JSON."""
    fields = "".join(_field(name, value, say) for name, value in asked["arguments"].items())
    call = asked["id"]
    yes = button("decide", say("answer.approve"), "primary", call=call, decision="approve")
    no = button("decide", say("answer.reject"), call=call, decision="reject")
    head = safe.note(say("answer.may", tool=tool_name(asked["tool"], say)), "asked")
    return f'<div class="cairn-card" role="group">{head}{fields}<div class="cairn-row">{yes}{no}</div></div>'


def _field(name: str, value: Any, say: Words) -> str:
    text = clean(value if isinstance(value, str) else _as_json(value))
    rows = min(12, max(text.count("\n") + 1, len(text) // _LONG + 1))
    kind = "text" if isinstance(value, str) else "json"
    held = f'data-argument="{escape(clean(name))}" data-kind="{kind}" rows="{rows}"'
    return f"<label>{escape(clean(argument_name(name, say)))}<textarea {held}>\n{escape(text)}</textarea></label>"


def _problem(seen: View, say: Words, refused_before: bool) -> str:
    if (failed := seen.failed) is None:
        return ""
    told = said_here(failed["message"], say)
    if failed["kind"] == KeyRefused.__name__:
        again = say("answer.refused_too") + " " if refused_before else ""
        return safe.note(again + told, "problem") + _key_field(seen.answer.model or "", say)
    note = safe.note(f"{told} {hint_here(failed['hint'], say)}", "problem")
    return note + (button("resume", say("answer.go_on"), "primary") if seen.interrupted else "")


def _key_field(model: str, say: Words) -> str:
    named = escape(say("ask.key", model=model))
    label = f'<label>{named}<input type="password" data-key autocomplete="off"></label>'
    return f'<div class="cairn-card">{label}{button("set-key", say("ask.set_key"), "primary", model=model)}</div>'


def caption(given: Answer, say: Words) -> str:
    """`gpt-5-mini · 2.1 s`, a click away `task · default 3f2a91c0 · 1,204 + 87 tokens`, without what is unknown."""
    usage = given.usage
    tokens = usage.input_tokens is not None and usage.output_tokens is not None
    shown = [
        given.model,
        _time(given.seconds) if given.seconds is not None else None,
        *(said_here(counted, say) for counted in statement_counts(given.statements)),
        _stopped(given.stopped_by, say),
    ]
    details = [
        given.task,
        f"{given.template} {(given.template_hash or '')[:8]}".strip() if given.template else None,
        say("answer.tokens", sent=f"{usage.input_tokens:,}", got=f"{usage.output_tokens:,}") if tokens else None,
        say("answer.cost", cost=f"{usage.cost:.4g}") if usage.cost else None,
    ]
    head, more = (escape(clean(" · ".join(filter(None, parts)))) for parts in (shown, details))
    return fold("caption", head, more, "cairn-caption")


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _stopped(by: str | None, say: Words) -> str | None:
    return (
        None
        if by is None
        else say("answer.stopped")
        if by == "user"
        else say("answer.stopped_early", by=limit_here(by, say))
    )
