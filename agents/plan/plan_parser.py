"""Plans as models write them, read while they are written, one call a line (as in LLMCompiler, arXiv 2312.04511).

    1. search(query="parental leave")
    2. calculator(expression="$1 * 2")
    join()

Values are text in quotes, numbers, true, false, null, lists, objects and references; nothing is ever evaluated.
`1. found = search(...)` names the step's output, by which later steps may refer to it (as in PEARL, arXiv 2305.14564).
Tolerated are code fences, thoughts between the steps, `1)`, full-width signs, positional arguments, and text over
several lines. The time is bounded: a step has at most `_MOST_LINES` lines and `_MOST_CHARACTERS` characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cairn.agents.plan.plan_arguments import NAME, ArgumentsParser, Malformed, Unfinished
from cairn.agents.plan.plan_steps import Line, PlanProblem

_MOST_CHARACTERS, _MOST_LINES = 8000, 60
_OUTPUT = rf"(?:(?P<output>{NAME})\s*[=＝]\s*)?"
_HEAD = re.compile(
    rf"\s*(?:[-*>#]+\s*)?(?:(?:step|第|步骤)\s*)?(?P<number>\d{{1,4}})\s*步?\s*[.)．、）:：]\s*`?{_OUTPUT}(?P<tool>{NAME})\s*[(（]",
    re.IGNORECASE,
)
_BARE = re.compile(rf"\s*(?:[-*>]\s*)?`?{_OUTPUT}(?P<tool>{NAME})\s*[(（]")
_JOIN = re.compile(
    r"\s*(?:[-*>]\s*)?(?:\d{1,4}\s*[.)．、）:：]\s*)?`?(?:join\s*(?:[(（]|`?\s*$)|<END_OF_PLAN>)",
    re.IGNORECASE,
)


class PlanReader:
    """Fed with text as it comes, gives each step as soon as it is complete. After `join()` nothing more is read.

    `names`: what a word without quotes stands for; the outputs of the steps that were read are added to them.
    """

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        self.joined = False
        self._names = dict(names or {})
        self._number = 0
        self._line: list[str] = []
        self._open: list[str] = []

    def feed(self, text: str) -> Iterator[Line]:
        first, *rest = text.split("\n")
        self._line.append(first)
        for piece in rest:
            line, self._line = "".join(self._line), [piece]
            yield from self._read(line)

    def end(self, cut: bool = False) -> Iterator[Line]:
        """What is left. If the text was `cut`, its last line is not taken for a step, complete as it may look."""
        last, self._line = "".join(self._line), []
        if cut and (self._open or _HEAD.match(last) or _BARE.match(last)):
            self._open = [*self._open, last]
        else:
            yield from self._read(last)
        yield from self._give_up("ends in the middle")

    def _read(self, line: str) -> Iterator[Line]:
        if self.joined:
            return
        begins = bool(_HEAD.match(line) or _JOIN.match(line))
        if begins:
            yield from self._give_up("ends in the middle")
        if not self._open and _JOIN.match(line):
            self.joined = True
        elif begins or self._open or _BARE.match(line):
            self._open.append(line)
            yield from self._try()

    def _try(self) -> Iterator[Line]:
        text = "\n".join(self._open)
        try:
            line, output = _read_call(text, self._names, self._number + 1)
        except Unfinished:
            if len(self._open) >= _MOST_LINES or len(text) > _MOST_CHARACTERS:
                yield from self._give_up("is too long")
            return
        except Malformed as error:
            yield from self._give_up(str(error))
            return
        self._open = []
        self._number = line.number or self._number
        if output:
            self._names[output] = f"${line.number}"
        yield line

    def _give_up(self, why: str) -> Iterator[Line]:
        """A numbered step that can't be read is told; text without a number was no step."""
        text, self._open = "\n".join(self._open), []
        if head := _HEAD.match(text):
            problem = PlanProblem(
                "malformed", f"The step {why}.", 'Write it on one line, like 1. tool(argument="text", other=$2).'
            )
            yield Line(int(head["number"]), head["tool"], problem=problem)


def _read_call(text: str, names: Mapping[str, str], following: int) -> tuple[Line, str | None]:
    """The step, which is number `following` if it names an output but no number, and that output.

    Raises Unfinished, Malformed.
    """
    if len(text) > _MOST_CHARACTERS:
        raise Malformed("is too long")
    numbered = _HEAD.match(text)
    if (head := numbered or _BARE.match(text)) is None:
        raise Malformed("is no call")
    output = head["output"]
    number = int(head["number"]) if numbered else following if output else None
    positional, named = ArgumentsParser(text, head.end(), names).arguments()
    return Line(number, head["tool"], tuple(positional), named), output
