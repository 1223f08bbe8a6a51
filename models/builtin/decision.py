"""What to do next: call tools, or answer. A pure function of the messages, so that the same ones give the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.tool import tool_call

from cairn.core.clean_text import has_cjk
from cairn.core.passages import NOTHING_FOUND
from cairn.models.builtin.builtin_phrases import say, short
from cairn.models.builtin.builtin_sql import read_schema, write_sql_block
from cairn.models.builtin.memory_requests import memory_call
from cairn.models.builtin.nearest_example import nearest
from cairn.models.builtin.plan_roles import answer_plan
from cairn.models.builtin.prompt_conversation import Conversation, read_conversation, read_tools
from cairn.models.builtin.question_part import answer
from cairn.models.builtin.question_splitting import split_question
from cairn.models.builtin.quoting import find_quotes, write_quotes


def decide(messages: Sequence[BaseMessage], tools: Sequence[Any] = ()) -> AIMessage:
    """A message with the next calls, or with the answer. `tools` are LangChain's, or OpenAI-style schemas.

    Ids of calls name the turn, the part and the stage, so that equal messages give equal ids.
    """
    if not tools and (said := answer_plan(messages)) is not None:
        return AIMessage(said)
    talk = read_conversation(messages)
    box = read_tools(tools)
    chinese = has_cjk(talk.question)
    if not box.names and not talk.results:
        return AIMessage(_from_prompt(talk, chinese))
    if (wish := memory_call(talk.question, box.names)) is not None:
        done = talk.result_of(wish)
        calls, text = ([], done.text) if done else ([wish], "")
        text = text.partition("\n")[0] if wish.name == "remember" else text
    else:
        calls, text = answer(talk, box, split_question(talk.question))
    if calls and box.names:
        made = [tool_call(name=call.name, args=call.arguments, id=talk.id_of(call)) for call in calls]
        return AIMessage("", tool_calls=made)
    return AIMessage(text)


def _from_prompt(talk: Conversation, chinese: bool) -> str:
    """Without tools: from passages, a schema or examples in the prompt, whichever is there."""
    if talk.passages:
        quoted = write_quotes(find_quotes(talk.question, talk.passages))
        return quoted or say("nothing", chinese, question=short(talk.question))
    if NOTHING_FOUND in talk.prompt:
        return say("none_found", chinese, question=short(talk.question))
    if tables := read_schema(talk.prompt):
        return write_sql_block(talk.question, tables)
    if talk.examples:
        again = talk.answered in (say("unlike", False), say("unlike", True))
        return (None if again else nearest(talk.question, talk.examples)) or say("unlike", chinese)
    return say("cannot", chinese)
