"""What counts as declined, of answers by every part that declines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cairn.agents.service import Cairn
from cairn.agents.workspace import Workspace
from cairn.core.answer import Answer
from cairn.core.settings import Home, load_settings
from cairn.evals.cases import Case
from cairn.evals.metrics.declining import AnswerGiven, Declined, is_declined, no_answer_sentences
from tests.scripted import ScriptedModel


@pytest.fixture
def app(home: Home) -> Iterator[Cairn]:
    with Cairn(load_settings(home.root, model="builtin")) as opened:
        yield opened


def said(text: str | None, **more: Any) -> Answer:
    return Answer(run="r", answer=text, **more)


@pytest.mark.parametrize(
    ("question", "task", "declined"),
    [
        ("How many suppliers are there?", "database", False),
        ("How many suppliers like jazz?", "database", True),
        ("How many suppliers are there?", "assistant", False),
        ("有多少供应商？", "assistant", False),
        ("Write me a poem.", "assistant", True),
        ("What is 6 * 7?", "assistant", False),
        ("How deep is the Mariana Trench?", "documents", True),
        ("马里亚纳海沟有多深？", "documents", True),
        ("How many days of annual leave do I get?", "documents", False),
    ],
)
def test_the_builtin_model(app: Cairn, question: str, task: str, declined: bool) -> None:
    answer = app.ask(question, task=task)
    assert is_declined(answer, no_answer_sentences(app.prompts, answer)) is declined, answer.answer


def test_the_builtin_model_on_a_question_in_parts() -> None:
    first, second = (
        "**A?**\n\nI can't tell which table this is about.",
        "**B?**\n\n没有找到用这些字眼回答问题的句子：“B?”。",
    )
    assert is_declined(said(f"{first}\n\n{second}", model="builtin"))
    assert not is_declined(said(f"{first}\n\n**B?**\n\n42", model="builtin"))
    assert not is_declined(said("**42**", model="builtin"))
    assert not is_declined(said(first, model="openai:any"))


def test_a_model_that_says_the_templates_sentence(app: Cairn) -> None:
    model = ScriptedModel("The documents don't say it.", "文档没有说明。", "The documents say it well.")
    answers = [app.ask("How deep is it?", task="documents", model=model) for _ in range(3)]
    sentences = no_answer_sentences(app.prompts, answers[0])
    assert [is_declined(answer, sentences) for answer in answers] == [True, True, False]


def test_without_a_sentence_words_are_not_guessed_at() -> None:
    assert not is_declined(said("Sorry, no idea."))
    assert is_declined(said("Sorry, no idea."), ["Sorry, no idea"])
    assert is_declined(said("  ")) and is_declined(said(None))
    assert is_declined(said("Nothing about this was found in the documents.", strategy="rag"))


def test_answered_and_refused(app: Cairn) -> None:
    workspace: Workspace = app.workspace
    answered, refused = AnswerGiven(workspace, None), Declined(workspace, None)
    normal, unanswerable = Case("1", "?"), Case("2", "?", refuse=True)
    assert [score and score.value for score in (answered(normal, said("42")), answered(normal, said("")))] == [1, 0]
    assert answered(unanswerable, said("42")) is None
    false = refused(unanswerable, said("It is 42."))
    assert (false.value, false.reason, false.kind) == (0, "answered: It is 42.", "false answer")
    assert refused(unanswerable, said("")).value == 1
