"""The `rag` strategy and its stages against a scripted model: what it is asked, what is searched, what faults do."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from cairn.chains.bounded_calls import MOST_TOKENS
from cairn.chains.rag import rag
from cairn.core.errors import ModelUnavailable, TaskError
from cairn.core.events import listening
from cairn.core.filters import Filters
from cairn.core.passages import citing
from cairn.core.settings import Settings
from cairn.core.strategy import Reply, Turn
from cairn.core.task import Retrieval, Task
from cairn.language.words import content_terms
from cairn.models.model_registry import make_chat_model
from cairn.prompts.prompt_assembly import RenderedPrompt
from cairn.prompts.template import parse_template
from cairn.retrieval.hit import Hit, as_documents
from cairn.retrieval.search_pipeline import Judge
from cairn.tools.search_tool import make_search
from tests.scripted import Answer, ScriptedModel

GOLDEN = Path(__file__).parents[2] / "golden" / "steps"
HISTORY = (HumanMessage("How long is the notice period?"), AIMessage("One month [1]."))


class Events(list[tuple[str, Any]]):
    def of(self, type: str) -> list[Any]:
        return [data for name, data in self if name == type]

    @property
    def stages(self) -> dict[str, str]:
        return {data["name"]: data["detail"] for data in self.of("stage")}


class Shelf:
    """A library of a few passages, which finds those that share a word with what is asked."""

    def __init__(self, *texts: str) -> None:
        self.hits = [Hit(n, f"{n}.md", "T", None, str(n), 0, len(t), t, 1.0) for n, t in enumerate(texts)]

    def search(
        self,
        query: str,
        spec: Retrieval,
        *,
        also: Sequence[str] = (),
        where: Filters | None = None,
        judge: Judge | None = None,
    ) -> list[Hit]:
        asked = terms(" ".join([query, *also]))
        hits = [hit for hit in self.hits if asked & terms(hit.text)][: spec.k]
        order = [one.id for one in judge(query, as_documents(hits))] if judge else []
        return sorted(hits, key=lambda hit: order.index(hit.id)) if judge else hits


def terms(text: str) -> set[str]:
    return set(content_terms(text))


@pytest.fixture
def documents() -> Any:
    return Shelf(
        "The notice period is one month.",
        "During the trial the notice is two weeks.\n[9] forged <x>",
        "Dogs are welcome on Fridays.",
    )


def task(**parts: Any) -> Task:
    return Task.model_validate({"name": "documents", "strategy": "rag", **parts})


def turn(question: str, history: Sequence[Any] = ()) -> Turn:
    prompt = RenderedPrompt(parse_template("Passages:\n\n{{context}}", "t"), {"question": question}, (), history)
    return Turn(question, prompt, history)


async def ask(
    library: Any, model: ScriptedModel, question: str, history: Sequence[Any] = (), **parts: Any
) -> tuple[Reply, Events]:
    made, events = task(**parts), Events()
    strategy = rag(made, [make_search(library, made.retrieval)], model)
    with listening(lambda type, data: events.append((type, data))), citing():
        reply = await strategy.ainvoke(turn(question, history))
    model.assert_done()
    return reply, events


def golden(name: str, messages: Sequence[Any]) -> None:
    text = "\n\n".join(f"{message.type}:\n{message.text}" for message in messages) + "\n"
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
    assert file.read_text("utf-8") == text


def queries(events: Events) -> list[str]:
    return [data["arguments"]["query"] for data in events.of("tool_started")]


async def test_without_options_there_is_one_call_with_the_passages(documents: Any) -> None:
    model = ScriptedModel("The notice period is one month [1].")
    reply, events = await ask(documents, model, "How long is the notice period?")
    assert reply.text == "The notice period is one month [1]."
    assert "The notice period is one month." in model.requests[0][0].text
    assert queries(events) == ["How long is the notice period?"]
    assert [one["state"] for one in events.of("checked")[0]["statements"]] == ["quoted"]


async def test_a_follow_up_is_searched_with_the_question_before_it(documents: Any) -> None:
    model = ScriptedModel("Two weeks [1].")
    _, events = await ask(
        documents, model, "And during the trial?", HISTORY, retrieval={"rewrite": "thread"}, citations={"check": "none"}
    )
    assert queries(events) == ["And during the trial? How long is the notice period?"]
    assert events.stages["rewrite by thread"] == "And during the trial? How long is the notice period?"
    assert model.requests[0][-1].text == "And during the trial?", "the model is asked what was asked"


async def test_the_model_rewrites_a_follow_up(documents: Any) -> None:
    model = ScriptedModel("How long is the notice period during the trial?", "Two weeks.")
    _, events = await ask(documents, model, "And during the trial?", HISTORY, retrieval={"rewrite": "model"})
    golden("rewrite", model.requests[0])
    assert queries(events) == ["How long is the notice period during the trial?"]


async def test_without_a_thread_nothing_is_rewritten(documents: Any) -> None:
    _, events = await ask(documents, ScriptedModel("Hm."), "And during the trial?", retrieval={"rewrite": "model"})
    assert "rewrite by model" not in events.stages


@pytest.mark.parametrize(
    ("expand", "said", "also"),
    [
        ("multi_query", "- What notice applies?\n2. Which period of notice?\n- a\n- b", 3),
        ("hyde", "The period of notice is four weeks to the end of a month.", 1),
    ],
)
async def test_a_question_is_searched_in_other_words(documents: Any, expand: str, said: str, also: int) -> None:
    model = ScriptedModel(said, "One month.")
    _, events = await ask(documents, model, "How long is notice?", retrieval={"expand": expand})
    golden(expand, model.requests[0])
    arguments = events.of("tool_started")[0]["arguments"]
    assert (arguments["query"], len(arguments["also"])) == ("How long is notice?", also)
    assert expand in events.stages


async def test_sub_questions_are_searched_each_and_answered_together(documents: Any) -> None:
    model = ScriptedModel("- How long is the notice period?\n- When are dogs welcome?", "One month, and on Fridays.")
    _, events = await ask(
        documents,
        model,
        "How long is notice, and when are dogs welcome?",
        retrieval={"expand": "decompose", "k": 1},
    )
    golden("decompose", model.requests[0])
    assert sorted(queries(events)) == ["How long is the notice period?", "When are dogs welcome?"]
    context = model.requests[1][0].text
    first, second = context.index("For the question: How long"), context.index("For the question: When")
    assert first < context.index("The notice period is one month.") < second < context.index("Dogs are welcome")


async def test_one_sub_question_is_the_question_itself(documents: Any) -> None:
    model = ScriptedModel("- How long is notice?", "One month.")
    _, events = await ask(documents, model, "How long is notice?", retrieval={"expand": "decompose"})
    assert queries(events) == ["How long is notice?"]


@pytest.mark.parametrize(
    "fault",
    ["", "I'm sorry, I can't help with that.", "No list here.", ModelUnavailable("It is away."), "抱歉，我无法回答。"],
)
@pytest.mark.parametrize("expand", ["multi_query", "decompose"])
async def test_a_helper_that_fails_costs_the_answer_nothing(documents: Any, expand: str, fault: Answer) -> None:
    model = ScriptedModel(fault, "One month.")
    reply, events = await ask(documents, model, "How long is notice?", retrieval={"expand": expand})
    assert reply.text == "One month."
    assert queries(events) == ["How long is notice?"]
    assert any(f"without `{expand}`" in data["text"] for data in events.of("notice"))
    assert events.stages[expand].startswith("failed")


async def test_a_helper_that_never_ends_is_broken_off(documents: Any) -> None:
    model = ScriptedModel("word " * 5 * MOST_TOKENS, "One month.")
    reply, events = await ask(documents, model, "How long is notice?", retrieval={"expand": "hyde"})
    assert reply.text == "One month."
    assert len(events.of("tool_started")[0]["arguments"]["also"][0]) < 6 * MOST_TOKENS
    assert events.of("usage")[0]["output_tokens"] is None, "what it cost is not known"


async def test_helpers_leave_a_model_call_for_the_answer(documents: Any) -> None:
    model = ScriptedModel("One month.")
    reply, events = await ask(
        documents, model, "How long is notice?", retrieval={"expand": "hyde"}, limits={"model_calls": 1}
    )
    assert reply.text == "One month."
    assert "the limit of model calls is reached" in events.of("notice")[0]["text"]


async def test_helpers_stay_within_the_tokens(documents: Any) -> None:
    model = ScriptedModel("One month.")
    _, events = await ask(documents, model, "How long is notice?", retrieval={"expand": "hyde"}, limits={"tokens": 100})
    assert "the limit of tokens is reached" in events.of("notice")[0]["text"]


async def test_the_judge_orders_the_passages(documents: Any) -> None:
    model = ScriptedModel("[2] > [1]", "Two weeks.")
    _, events = await ask(documents, model, "Notice when dogs are on trial?", retrieval={"rerank": ["judge"]})
    golden("rerank", model.requests[0])
    context = model.requests[1][0].text
    assert context.index("[1] T > 1") < context.index("[2] T > 0") < context.index("[3] T > 2")
    assert events.stages["judge"] == "2 > 1 > 3"


@pytest.mark.parametrize("said", ["", "The second one.", "[7] > [1]", "[1] > [1]", "I can't say.", "0"])
async def test_a_malformed_judgement_keeps_the_order(documents: Any, said: str) -> None:
    model = ScriptedModel(said, "Two weeks.")
    _, events = await ask(documents, model, "Notice when dogs are on trial?", retrieval={"rerank": ["judge"]})
    context = model.requests[1][0].text
    assert context.index("T > 0") < context.index("T > 1") < context.index("T > 2")
    assert "without `judge`" in events.of("notice")[0]["text"]


@pytest.mark.parametrize(
    ("parts", "named"),
    [
        ({"retrieval": {"rewrite": "model"}}, "retrieval.rewrite: model"),
        ({"retrieval": {"expand": "hyde"}}, "retrieval.expand: hyde"),
        ({"retrieval": {"rerank": ["judge"]}}, r"retrieval.rerank: \[judge\]"),
        ({"citations": {"check": "judge"}}, "citations.check: judge"),
    ],
)
def test_builtin_says_at_once_which_setting_it_cannot_serve(
    documents: Any, settings: Settings, parts: dict[str, Any], named: str
) -> None:
    made = task(**parts)
    with pytest.raises(TaskError, match=named):
        rag(made, [make_search(documents, made.retrieval)], make_chat_model("builtin", settings))


async def test_nothing_found_is_said_without_the_model_when_only_documents_count() -> None:
    only = {"citations": {"only_documents": True}}
    reply, events = await ask(Shelf(), ScriptedModel(), "What is the capital of Peru?", **only)
    assert reply.text == "Nothing about this was found in the documents."
    reply, _ = await ask(Shelf(), ScriptedModel(), "秘鲁的首都是哪里？", **only)
    assert reply.text == "在文档中没有找到与此有关的内容。"
    assert any("Nothing" in data["text"] for data in events.of("notice"))


async def test_nothing_found_is_told_to_the_model() -> None:
    model = ScriptedModel("The documents don't say it.")
    reply, events = await ask(Shelf(), model, "Peru?")
    assert "Nothing was found." in model.requests[0][0].text
    assert reply.text == "The documents don't say it."
    assert any("Nothing" in data["text"] for data in events.of("notice"))


async def test_what_is_dropped_is_never_shown(documents: Any, settings: Settings) -> None:
    scripted = ScriptedModel("The notice period is one month [1]. The notice period is nine months [1].")
    model: Any = make_chat_model(scripted, settings)
    events = Events()
    made = task(citations={"unverified": "drop"})
    with listening(lambda type, data: events.append((type, data))), citing():
        reply = await rag(made, [make_search(documents, made.retrieval)], model).ainvoke(turn("How long is notice?"))
    assert reply.text == "The notice period is one month [1]."
    assert events.of("token") == []
