"""`map_reduce`: the documents that a question names are read whole, in pieces, and answered from the notes on them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext

from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool

from cairn.agents.grounding import checked, need_judge
from cairn.agents.reading.document_pieces import at_both_ends, cut, named_passages
from cairn.agents.reading.text_reader import TextReader
from cairn.agents.run_progress import in_time
from cairn.agents.tool_calls import ToolCaller
from cairn.chains.bounded_calls import Helper, need_writer
from cairn.chains.question_runnable import QuestionRunnable, StrategyRunnable
from cairn.chains.rag import NOTHING_FOUND
from cairn.chains.rag.search_queries import make_queries
from cairn.core.clean_text import has_cjk
from cairn.core.events import emit, silent
from cairn.core.passages import NOTHING_FOUND as NO_NOTES
from cairn.core.passages import numbered, write_passages
from cairn.core.strategy import Reply, Turn
from cairn.core.task import Task
from cairn.models.context_window import ANSWER_ROOM, ContextWindow
from cairn.models.guarded_model import guarded
from cairn.models.token_counts import counter_of
from cairn.prompts.template import step

_LEAST = 100


def map_reduce(task: Task, tools: Sequence[BaseTool], model: BaseChatModel) -> QuestionRunnable:
    """Notes of each piece, reduced until they fit, and the answer from them; what fits at once is read at once.

    Raises TaskError where the model writes nothing, there is nothing to read, or the limits don't allow it.
    """
    need_writer(model, "strategy: map_reduce")
    need_judge(task, model)

    async def answer(turn: Turn) -> Reply:
        caller = ToolCaller(task, turn, tools)
        queries = await make_queries(
            turn, task.retrieval.model_copy(update={"expand": "none"}), Helper(model, task.limits)
        )
        question, passages = await asyncio.to_thread(named_passages, tools, queries.query, task.retrieval)
        if not passages:
            emit("notice", {"text": NOTHING_FOUND[0]})
            return Reply(NOTHING_FOUND[has_cjk(turn.question)])
        reply = await in_time(caller.budget, _read_and_answer(task, turn, caller, model, question, passages))
        return await checked(reply, model, caller)

    return StrategyRunnable("map_reduce", task, answer)


async def _read_and_answer(
    task: Task, turn: Turn, caller: ToolCaller, model: BaseChatModel, question: str, passages: Sequence[Document]
) -> Reply:
    pieces = cut(passages, piece_size(task, model, question), counter_of(model))
    if len(pieces) == 1:
        known = numbered(passages)
        caller.history.documents = known
        context = write_passages(known)
    else:
        reader = TextReader(task, caller, model, pieces, room_for_notes(task, turn, model))
        if not caller.known:  # else it was told, and found to be allowed, before the run was broken off
            reader.check_cost(reader.calls + 1)
        notes = await reader.reduced(await reader.notes(question, reader.seconds), question)
        context = "\n\n".join(note.written() for note in at_both_ends(notes)) or NO_NOTES
    held_back = task.citations.check != "none" and task.citations.unverified == "drop"
    with silent() if held_back else nullcontext():
        said = await guarded(model).ainvoke(turn.prompt.messages(context=context))
    return Reply(said.text, caller.budget.stopped_by)


def room_for_notes(task: Task, turn: Turn, model: BaseChatModel) -> int:
    """Tokens of the window that neither the answer nor the rest of the prompt takes; a quarter of it in any case."""
    tokens = task.limits.context or guarded(model).takes
    window = ContextWindow(tokens, max(task.limits.answer_tokens, ANSWER_ROOM), counter_of(model))
    prompt = window.size(turn.prompt.messages(**dict.fromkeys(turn.prompt.missing, ""))).total
    return max(tokens // 4, window.room - prompt)


def piece_size(task: Task, model: BaseChatModel, question: str) -> int:
    """Tokens of a piece: as the task says, as far as a call for notes on it leaves room."""
    window = ContextWindow(task.limits.context or guarded(model).takes, ANSWER_ROOM, counter_of(model))
    prompt = window.size(step("read_piece").format_messages(passages="", question=question)).total
    return max(_LEAST, min(task.reading.piece_tokens, window.room - prompt))
