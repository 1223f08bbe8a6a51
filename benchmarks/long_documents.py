"""A document of thirty pages: found passages, map and reduce, and PEARL, by a script in place of a model.

The script finds every sentence that it is shown and reckons without a mistake, so that what is measured is what reaches
a model in each way, and what that takes: calls, tokens, plans that were not in form. Of how well any model reads, notes
or plans it says nothing.

    python -m benchmarks.long_documents [--text]
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import PrivateAttr

from benchmarks.club_minutes import Question, make_minutes, questions
from cairn.agents.service import Cairn
from cairn.core.answer import Answer
from cairn.core.clean_text import approximate_tokens
from cairn.core.settings import load_settings

WAYS: tuple[tuple[str, int, str, dict[str, Any]], ...] = (
    ("5 passages", 8_000, "documents", {}),
    ("20 passages", 8_000, "documents", {"retrieval": {"k": 20, "max_tokens": 6000}}),
    ("map and reduce", 8_000, "read_whole", {}),
    ("map and reduce", 2_000, "read_whole", {"reading": {"note_tokens": 100}, "limits": {"answer_tokens": 600}}),
    ("PEARL", 8_000, "pearl", {}),
    ("all of it at once", 64_000, "read_whole", {"reading": {"piece_tokens": 30_000}}),
)
"""What it is called, the model's window, the task, and what of it is changed."""


_STEPS = ("You read one piece", "You shorten notes", "You carry out one step")


class Script(BaseChatModel):
    """Knows one question, by the regular expression of its sentences, and the plans that it writes, in turn."""

    question: Any
    _plans: list[str] = PrivateAttr()

    def __init__(self, question: Question) -> None:
        super().__init__(question=question)  # type: ignore[call-arg]
        self._plans = list(question.plans)

    @property
    def _llm_type(self) -> str:
        return "script"

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **_: Any) -> ChatResult:
        said = self._said(messages[0].text, messages[-1].text)
        sent = sum(approximate_tokens(message.text) for message in messages)
        used = approximate_tokens(said)
        usage: Any = {"input_tokens": sent, "output_tokens": used, "total_tokens": sent + used}
        return ChatResult(generations=[ChatGeneration(message=AIMessage(said, usage_metadata=usage))])

    def _said(self, system: str, asked: str) -> str:
        if any(step in system for step in _STEPS):
            found = [f"- {said} [{number}]" for said, number in _found(asked, self.question)]
            return "\n".join([*found, f"relevance: {'some' if found else 'none'}"])
        if "first you write a plan" in system.lower() and "The results of the steps" not in asked:
            return self._plans.pop(0) if self._plans else self.question.plans[-1]
        return _answer(_found(f"{system}\n{asked}", self.question), self.question)


def _found(text: str, question: Question) -> list[tuple[str, str]]:
    """Each sentence that bears on the question, with the number behind it, else that of its passage."""
    found: dict[tuple[str, str], None] = {}
    number = ""
    for line in text.splitlines():
        if head := re.match(r"\[(\d+)\] ", line):
            number = head[1]
        for match in re.finditer(question.sentences, line):
            behind = re.match(r"\.?((?:\s*\[\d+\])+)", line[match.end() :])
            found[match[0], re.findall(r"\d+", behind[1])[0] if behind else number] = None
    return list(found)


def _answer(found: Sequence[tuple[str, str]], question: Question) -> str:
    cited = " ".join(f"[{number}]" for number in dict.fromkeys(number for _, number in found) if number)
    match question.kind:
        case "sum":
            value = str(sum(int(re.findall(r"\d+", said)[-1]) for said, _ in found))
        case "most":
            chairs = Counter(said.removesuffix(" took the chair") for said, _ in found).most_common(1)
            value = chairs[0][0] if chairs else "nobody"
        case _:
            return "\n".join(f"{said} [{number}]" for said, number in found) or "The documents don't say it."
    return f"{value} {cited}"


def is_right(answer: Answer, question: Question) -> bool:
    """Every line of what is right stands in the answer; a figure or a name, as its first word."""
    text = answer.answer or ""
    if question.kind == "all":
        return all(line.strip() in text for line in question.right.splitlines())
    return text.startswith(f"{question.right} ")


def main() -> None:
    made = make_minutes()
    if "--text" in sys.argv:
        print(made.text)
        return
    print(f"30 meetings, {len(made.text.split()):,} words, about {approximate_tokens(made.text):,} tokens")
    print(
        "| way | window | right | calls | tokens sent | tokens written | pieces read, with notes | plans not in form |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    with TemporaryDirectory() as folder:
        file = Path(gettempdir()) / "cairn-long-documents" / "minutes.md"  # its path stands in every prompt
        file.parent.mkdir(exist_ok=True)
        file.write_text(made.text, "utf-8")
        for way, window, task, patch in WAYS:
            settings = load_settings(Path(folder) / "home", context_window=window, embeddings="hash", samples=False)
            with Cairn(settings) as app:
                app.workspace.library.add([file])
                asked = questions(made)
                answers = [app.ask(one.text, task=task, patch=patch, model=Script(one)) for one in asked]
            print(f"| {way} | {window:,} | {' | '.join(_cells(answers, asked))} |", flush=True)


def _cells(answers: Sequence[Answer], asked: Sequence[Question]) -> list[str]:
    if wrong := [answer.error for answer in answers if answer.error]:
        raise SystemExit(wrong[0])
    right = [is_right(answer, one) for answer, one in zip(answers, asked, strict=True)]
    read = [step for answer in answers for step in answer.steps if step.tool == "read_piece"]
    noted = sum(step.result != "relevance: none" for step in read)
    not_in_form = sum("is not in form" in notice for answer in answers for notice in answer.notices)
    plans = f"{not_in_form} of {not_in_form + len(answers)}" if answers[0].plan else ""
    return [
        f"{sum(right)} of {len(right)}",
        f"{sum(answer.usage.calls or 0 for answer in answers)}",
        f"{sum(answer.usage.input_tokens or 0 for answer in answers):,}",
        f"{sum(answer.usage.output_tokens or 0 for answer in answers):,}",
        f"{len(read)}, {noted}" if read else "",
        plans,
    ]


if __name__ == "__main__":
    main()
