"""`rag`: search first, then answer from what was found; the template decides how."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool

from cairn.chains.checks.answer_checks import check
from cairn.chains.helper_calls import Helper, need_writer
from cairn.chains.question_runnable import QuestionRunnable, StrategyRunnable
from cairn.chains.rag.llm_rerank import make_judge
from cairn.chains.rag.passage_search import retriever_of, search
from cairn.chains.rag.search_queries import make_queries
from cairn.core.clean_text import has_cjk
from cairn.core.events import emit, silent
from cairn.core.strategy import Reply, Turn
from cairn.core.task import Task
from cairn.models.guarded_model import guarded

_NOTHING, _NOTHING_ZH = "Nothing about this was found in the documents.", "在文档中没有找到与此有关的内容。"


def rag(task: Task, tools: Sequence[BaseTool], model: BaseChatModel) -> QuestionRunnable:
    """Make the question whole, search, answer from the passages, and check the answer against them.

    Each of these steps is what `task.retrieval` and `task.citations` say. Raises TaskError for a step that this model
    can't do, ToolError, ModelError.
    """
    need_writer(model, *_written(task))
    spec = task.citations
    chat_model = guarded(model)

    async def answer(turn: Turn) -> Reply:
        helper = Helper(model, task.limits)
        queries = await make_queries(turn, task.retrieval, helper)
        judge = make_judge(helper) if "judge" in task.retrieval.rerank else None
        context, found = await search(retriever_of(tools, judge), queries)
        if not found:
            emit("notice", {"text": _NOTHING})
            if spec.only_documents:
                return Reply(_NOTHING_ZH if has_cjk(turn.question) else _NOTHING)
        held_back = spec.check != "none" and spec.unverified == "drop"
        with silent() if held_back else nullcontext():
            message = await chat_model.ainvoke(turn.prompt.messages(context=context))
        return Reply(await check(message.text, found, spec, helper, question=turn.question))

    return StrategyRunnable("rag", task, answer)


def _written(task: Task) -> list[str]:
    """The settings for which the model has to write something of its own."""
    retrieval = task.retrieval
    asked = {
        "retrieval.rewrite: model": retrieval.rewrite == "model",
        f"retrieval.expand: {retrieval.expand}": retrieval.expand != "none",
        "retrieval.rerank: [judge]": "judge" in retrieval.rerank,
        "citations.check: judge": task.citations.check == "judge",
    }
    return [name for name, wanted in asked.items() if wanted]
