"""What to do next: call tools, or answer. A pure function of the messages, so that the same ones give the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import BaseMessage

from cairn.passages import NOTHING_FOUND
from models.builtin.arithmetic import to_expression
from models.builtin.continued import continued, goes_on, result_in
from models.builtin.conversation import Call, Conversation, read_conversation
from models.builtin.examples import nearest
from models.builtin.extract import fill
from models.builtin.followup import in_context, is_follow_up, whole
from models.builtin.memory import memory_call
from models.builtin.part import PartAnswerer, Step
from models.builtin.parts import split_question, unwrap
from models.builtin.phrases import say, short
from models.builtin.quote import find_quotes, write_quotes
from models.builtin.sql import read_schema, write_sql_block
from models.builtin.subject import lacks_subject
from models.builtin.tools import Toolbox, read_tools
from models.builtin.words import has_cjk

MAX_ROUNDS = 6


@dataclass(frozen=True)
class Decision:
    """Either calls or a text."""

    text: str = ""
    calls: tuple[tuple[str, Call], ...] = ()


def decide(
    messages: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]] = (), tool_choice: Any = None
) -> Decision:
    """`tools` are OpenAI-style schemas. Ids of calls are stable: they name the turn, the part and the stage."""
    talk = read_conversation(messages)
    box = read_tools(tools, tool_choice)
    if box.form is not None:
        return _fill_form(talk, box)
    if box.names or talk.results:
        return _with_tools(talk, box)
    return Decision(_from_prompt(talk))


def _fill_form(talk: Conversation, box: Toolbox) -> Decision:
    form = box.form or {}
    name = str(form.get("name"))
    if done := next((result for result in talk.results if result.name == name), None):
        return Decision(done.text)
    schema: Mapping[str, Any] = form.get("parameters") or {}
    fields = fill(schema, talk.question)
    if not box.forced and (not fields or set(schema.get("required") or ()) - set(fields)):
        return Decision(say("cannot", has_cjk(talk.question)))
    call = Call("0_form", name, fields)
    return Decision(calls=((talk.id_of(call), call),))


def _with_tools(talk: Conversation, box: Toolbox) -> Decision:
    chinese = has_cjk(talk.question)
    if not talk.question:
        return Decision(say("empty", chinese))
    if (wish := memory_call(talk.question, box.names)) is not None:
        done = talk.result_of(wish)
        return Decision(done.text) if done else Decision(calls=((talk.id_of(wish), wish),))
    parts = split_question(talk.question)
    answerer = PartAnswerer(talk, box)
    before = whole(talk.asked_before)
    result = result_in(talk.answered) or to_expression(before) or ""
    steps: list[Step] = []
    for n, part in enumerate(parts):
        asked, wanted = in_context(part, before)
        if rest := goes_on(part):
            asked = wanted = continued(rest, result) or part
        result = to_expression(asked) or ""
        if rest and not result:
            steps.append(say("no_result", chinese))
        elif before and asked == part and lacks_subject(part):
            steps.append(say("no_subject", chinese, question=short(part)))
        else:
            steps.append(answerer.answer(n, asked, wanted))
        before = asked if asked != part or not before else before if is_follow_up(part) else part
    calls = list(dict.fromkeys((step.name, repr(step.arguments)) for step in steps if isinstance(step, Call)))
    if calls and box.names and talk.rounds < MAX_ROUNDS:
        first = {(s.name, repr(s.arguments)): s for s in reversed(steps) if isinstance(s, Call)}
        return Decision(calls=tuple((talk.id_of(first[key]), first[key]) for key in calls))
    texts = [step if isinstance(step, str) else say("stopped", chinese) for step in steps]
    if len(parts) > 1:
        texts = [f"**{part}**\n\n{text}" for part, text in zip(parts, texts, strict=True)]
    return Decision("\n\n".join(texts))


def _from_prompt(talk: Conversation) -> str:
    """Without tools: from passages, a schema or examples in the prompt, whichever is there."""
    chinese = has_cjk(talk.question)
    if not talk.question:
        return say("empty", chinese)
    if talk.passages:
        _, wanted = in_context(unwrap(talk.question), whole(talk.asked_before))
        quotes = find_quotes(wanted, talk.passages)
        return write_quotes(quotes) if quotes else say("nothing", chinese, question=short(talk.question))
    if NOTHING_FOUND in talk.prompt:
        return say("none_found", chinese, question=short(talk.question))
    if tables := read_schema(talk.prompt):
        return write_sql_block(unwrap(talk.question), tables)
    if talk.examples:
        unlike = say("unlike", chinese)
        asked_again = talk.answered in (say("unlike", False), say("unlike", True))
        return (None if asked_again else nearest(talk.question, talk.examples)) or unlike
    return say("cannot", chinese)
