"""Documents that are longer than the window, read in pieces; the model is scripted."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import BaseMessage

from cairn.agents.reading.document_pieces import RELEVANCE, Note, at_both_ends, cut, read_note
from cairn.agents.reading.text_reader import TextReader
from cairn.agents.service import Cairn
from cairn.agents.tool_calls import ToolCaller
from cairn.core import event_loop
from cairn.core.answer import Answer
from cairn.core.errors import ModelUnavailable, TaskError
from cairn.core.events import listening
from cairn.core.passages import citing, passage
from cairn.core.settings import Settings
from cairn.core.strategy import Turn
from cairn.core.task import Task
from cairn.models.model_registry import make_chat_model
from cairn.prompts.prompt_assembly import RenderedPrompt
from cairn.prompts.task_store import PLAIN
from cairn.prompts.template import parse_template
from tests.scripted import ScriptedModel
from tests.unit.agents.test_resume import broken_off, resumed, seq_of

SMALL: dict[str, Any] = {"reading": {"piece_tokens": 150, "note_tokens": 60}, "limits": {"context": 2000}}
QUESTION = "What did the boats cost? source:log"


def log(folder: Path, days: int = 12) -> Path:
    """A boat of its own price each third day, in sections too large for two to share a piece of 150 tokens."""
    talk = (
        "The wind came from the west, and nobody who was at the quay had anything new to tell of the other matters. "
        * 4
    )
    parts = [
        f"## Day {day}\n\n{talk}\n\n"
        + (f"Boat {day} was bought for {day * 10} crowns." if day % 3 == 0 else "Nothing.")
        for day in range(1, days + 1)
    ]
    file = folder / "log.md"
    file.write_text("# Log\n\n" + "\n\n".join(parts), "utf-8")
    return file


class Reader:
    """Notes each price with the number of its passage; answers with what stands in the notes."""

    def __init__(self, failing: str = "", sizes: int = 0) -> None:
        self.read: list[str] = []
        self.merged: list[str] = []
        self.answered: list[str] = []
        self._failing, self._sizes = failing, sizes

    def say(self, messages: list[BaseMessage]) -> Any:
        system, asked = messages[0].text, messages[-1].text
        if "read one piece" in system:
            self.read.append(asked)
            if self._failing and self._failing in asked:
                return ModelUnavailable("It is away.")
            found = [f"- {price} [{self._number(asked, price)}]" for price in re.findall(r"Boat \d+ was .*?\.", asked)]
            more = "".join(f"\n- and more, number {n}" for n in range(self._sizes)) if found else ""
            return "\n".join([*found, "relevance: some"]) + more if found else "relevance: none"
        if "shorten notes" in system:
            self.merged.append(asked)
            return "\n".join([*re.findall(r"- Boat.*", asked), "relevance: some"])
        self.answered.append(system + asked)
        return "; ".join(re.findall(r"Boat .*", system + asked))

    def _number(self, asked: str, price: str) -> int:
        heads = [int(n) for n in re.findall(r"^\[(\d+)\]", asked[: asked.index(price)], re.MULTILINE)]
        return heads[-1]

    def model(self, calls: int = 200) -> ScriptedModel:
        return ScriptedModel(*[self.say] * calls)


def ask(app: Cairn, reader: Reader, question: str = QUESTION, **patch: Any) -> Answer:
    return app.ask(question, task="read_whole", patch={**SMALL, **patch}, model=reader.model())


@pytest.fixture
def filled(app: Cairn, tmp_path: Path) -> Cairn:
    other = tmp_path / "other.md"
    other.write_text("# Other\n\nBoat 99 was bought for 1 crown.", "utf-8")
    app.workspace.library.add([log(tmp_path), other])
    return app


def test_every_piece_is_read_and_those_that_say_nothing_are_dropped(filled: Cairn) -> None:
    reader = Reader()
    answer = ask(filled, reader)
    assert all(f"Boat {day} was bought for {day * 10} crowns." in (answer.answer or "") for day in (3, 6, 9, 12))
    assert "Boat 99" not in "".join(reader.read)
    assert len(reader.read) > 4 and len(reader.answered) == 1
    steps = [step for step in answer.steps if step.tool == "read_piece"]
    assert len(steps) == len(reader.read)
    assert sum(step.result == "relevance: none" for step in steps) == len(steps) - 4
    assert all("Day" in step.arguments["piece"] for step in steps)


def test_citations_lead_to_the_passages_that_the_notes_rest_on(filled: Cairn) -> None:
    answer = ask(filled, Reader())
    assert len(answer.sources) == 4
    for marker in answer.citations:
        said = re.search(rf"Boat (\d+) was bought for \d+ crowns. \[{marker.marker}\]", answer.answer or "")
        assert said and f"Boat {said[1]} was bought" in answer.sources[marker.source]["quote"]
    assert [source["heading"] for source in answer.sources if "Day" in str(source["heading"])]


def test_the_cost_is_told_before_the_first_call_and_refused_where_it_is_too_much(filled: Cairn) -> None:
    reader = Reader()
    answer = ask(filled, reader)
    told = re.search(r"Pieces to read: (\d+); up to (\d+) calls", answer.notices[0])
    assert told and int(told[1]) == len(reader.read)
    assert answer.usage.calls == len(reader.read) + 1 <= int(told[2])
    reader = Reader()
    answer = ask(filled, reader, limits={"context": 2000, "model_calls": 5})
    assert "5 are allowed" in str(answer.error) and "limits.model_calls" in str(answer.error)
    assert not reader.read
    answer = ask(filled, reader, limits={"context": 2000, "tokens": 900})
    assert "900 are allowed" in str(answer.error) and not reader.read


def test_notes_that_do_not_fit_are_made_fewer_by_rounds_that_are_bounded(app: Cairn, tmp_path: Path) -> None:
    app.workspace.library.add([log(tmp_path, 30)])
    reader = Reader(sizes=8)
    patch: dict[str, Any] = {"reading": {"piece_tokens": 150, "note_tokens": 100}}
    answer = ask(
        app, reader, limits={"context": 1000, "answer_tokens": 400, "model_calls": 500, "tokens": 10**6}, **patch
    )
    assert reader.merged and not any("Left out" in notice for notice in answer.notices)
    told = re.search(r"up to (\d+) calls", answer.notices[0])
    assert told and (answer.usage.calls or 0) <= int(told[1])
    assert all(f"Boat {day} was" in (answer.answer or "") for day in range(3, 31, 3))
    assert all(1 <= citation.marker <= len(answer.sources) for citation in answer.citations)


def test_a_piece_that_fails_is_told_and_all_of_them_are_an_error(filled: Cairn) -> None:
    answer = ask(filled, Reader(failing="Boat 6 "))
    assert any("was not read: It is away." in notice for notice in answer.notices)
    assert "Boat 9 " in (answer.answer or "") and "Boat 6 " not in (answer.answer or "")
    answer = ask(filled, Reader(failing="Passages"))
    assert (answer.answer, answer.error) == (None, "It is away.")


async def test_what_is_not_read_within_the_time_is_told_and_the_rest_counts(settings: Settings) -> None:
    class Hanging(ScriptedModel):
        async def _astream(self, messages: list[BaseMessage], *args: Any, **kwargs: Any):
            if "second" in messages[-1].text:
                await asyncio.Event().wait()
            async for chunk in super()._astream(messages, *args, **kwargs):
                yield chunk

    passages = [passage(str(n), text, "a.md", number=n) for n, text in enumerate(["first", "second"], 1)]
    task = Task(name="t")
    told: list[str] = []

    async def read() -> tuple[list[Note], str | None]:
        caller = ToolCaller(task, Turn("Q?", RenderedPrompt(parse_template(PLAIN, "t"), {"question": "Q?"})))
        model = make_chat_model(Hanging("- it [1]\nrelevance: much"), settings)  # pyright: ignore[reportCallIssue]
        reader = TextReader(task, caller, model, cut(passages, 8, len), 1000)
        with listening(lambda type, data: told.append(data["text"]) if type == "notice" else None), citing():
            return await reader.notes("Q?", 1.0), caller.budget.stopped_by

    notes, stopped_by = await asyncio.wrap_future(event_loop.start(read()))
    assert ([note.text for note in notes], stopped_by) == (["- it [1]"], "seconds")
    assert told == ["Limit reached: seconds. 1 of 2 pieces were read within the time: the answer rests on these."]


def test_pieces_are_of_equal_size_and_hold_what_they_can() -> None:
    passages = [passage(str(n), "word " * 20, "a.md", title="A", heading=f"Part {n}") for n in range(11)]
    count = len("word " * 20) + 40
    pieces = cut(passages, 4 * count, len)
    assert [len(piece.passages) for piece in pieces] == [4, 3, 4]
    assert pieces[0].place == "A > Part 0 – Part 3"
    assert [len(piece.passages) for piece in cut(passages[:2], 1, len)] == [1, 1]


def test_what_fits_is_read_at_once(filled: Cairn) -> None:
    reader = Reader()
    answer = ask(filled, reader, "What did the boat cost? source:other")
    assert (reader.read, answer.usage.calls) == ([], 1)
    assert "[1] Other" in reader.answered[0] and [source["source"] for source in answer.sources]


def test_a_name_that_no_document_has_is_told(filled: Cairn) -> None:
    answer = ask(filled, Reader(), "What did it cost? source:nowhere")
    assert answer.answer == "Nothing about this was found in the documents."
    assert "No document passes source:nowhere." in answer.notices


def test_a_run_that_was_broken_off_does_not_read_again(filled: Cairn) -> None:
    reader = Reader()
    handle = filled.start(QUESTION, task="read_whole", patch=SMALL, model=reader.model())
    list(filled.follow(handle.run))
    whole = filled.answer(handle.run).answer
    broken_off(filled, handle.run, seq_of(filled, handle.run, "tool_finished", len(reader.read) - 3))
    again = Reader()
    resumed(filled, handle.run, *[again.say] * 20)
    answer = filled.answer(handle.run)
    assert len(again.read) == 2
    assert sorted((answer.answer or "").split("; ")) == sorted((whole or "").split("; "))


def test_it_is_a_rung_for_a_task_that_searches(filled: Cairn) -> None:
    reader = Reader()
    answer = filled.ask(
        QUESTION,
        task="documents",
        patch={**SMALL, "strategy": "map_reduce", "limits": {"model_calls": 60}},
        model=reader.model(),
    )
    assert answer.strategy == "map_reduce" and answer.template == "default"
    assert "Boat 12 " in (answer.answer or "")


def test_its_prompts_can_be_swapped(filled: Cairn) -> None:
    folder = filled.workspace.home.prompts / "steps"
    folder.mkdir()
    (folder / "read_piece.md").write_text("Du liest: read one piece\n\nuser:\n{{passages}}\n{{question}}", "utf-8")
    reader = Reader()
    model = reader.model()
    filled.ask(QUESTION, task="read_whole", patch=SMALL, model=model)
    assert model.requests[0][0].text.startswith("Du liest")
    (folder / "read_piece.md").write_text("{{passages}}", "utf-8")
    answer = ask(filled, Reader())
    assert "needs just these: passages, question" in str(answer.error)


def test_a_model_that_writes_nothing_is_refused(filled: Cairn) -> None:
    with pytest.raises(TaskError, match="strategy: map_reduce"):
        filled.ask(QUESTION, task="read_whole", model="builtin")


def test_chinese(app: Cairn, tmp_path: Path) -> None:
    file = tmp_path / "记录.md"
    talk = "这一天风从西边来，码头上的人没有什么新的事情可说。" * 6
    parts = [f"## 第{n}天\n\n{talk}\n\n" + (f"第{n}号船卖了{n}0元。" if n % 2 else "没有事。") for n in range(1, 9)]
    file.write_text("\n\n".join(parts), "utf-8")
    app.workspace.library.add([file])
    answered: list[str] = []

    def say(messages: list[BaseMessage]) -> str:
        asked = messages[-1].text
        if "read one piece" in messages[0].text:
            found = re.findall(r"第\d号船卖了\d+元。", asked)
            return "\n".join([*(f"- {one}【1】" for one in found), "相关性：高"]) if found else "无"
        answered.append(messages[0].text)
        return "卖了 10 元 [1]。"

    answer = app.ask("船卖了多少钱？", task="read_whole", patch=SMALL, model=ScriptedModel(*[say] * 40))
    assert answer.answer == "卖了 10 元 [1]。"
    assert all(f"第{n}号船卖了{n}0元。" in answered[0] for n in (1, 3, 5, 7))
    assert len(answer.sources) == 4 and "第2" not in answered[0].partition("Notes:")[2]


def test_the_most_relevant_notes_stand_first_and_last() -> None:
    notes = [
        Note(str(n), "", RELEVANCE.index(name)) for n, name in enumerate(["little", "much", "some", "much", "little"])
    ]
    assert [note.place for note in at_both_ends(notes)] == ["1", "2", "0", "4", "3"]
    alike = [Note(str(n), "", 2) for n in range(5)]
    assert at_both_ends(alike) == alike


@pytest.mark.parametrize(
    ("said", "relevance"),
    [
        ("- a [1]\nrelevance: much", "much"),
        ("- a [1]", "some"),
        ("- a\n**Relevance:** little.", "little"),
        ("- 甲\n相关性：高", "much"),
        ("- 甲\n相关性：没有关系", None),
        ("- a\nrelevance: little, since it is only a name", "little"),
        ("- Relevance: none was seen in the vote [1]", "some"),
        ("relevance: none", None),
        ("Nothing.", None),
        ("- a\nrelevance: none", None),
        ("", None),
    ],
)
def test_notes_are_read_as_models_write_them(said: str, relevance: str | None) -> None:
    note = read_note("here", said)
    assert (note and RELEVANCE[note.relevance]) == relevance
