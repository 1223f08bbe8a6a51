"""The roles of a plan: who plans, who reads one value off a text, who answers from the results.

They are known by the form of what `prompts/steps` and `agents.plan` write: the list of tools, and the heads of results.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from langchain_core.messages import BaseMessage, HumanMessage

from cairn.passages import read_passages
from cairn.text import clean
from models.builtin.followup import whole
from models.builtin.markdown import read_table
from models.builtin.phrases import say, short
from models.builtin.planning import Part, Planner
from models.builtin.quote import find_quotes, write_quotes
from models.builtin.schema import Table, read_overview
from models.builtin.value import read_value, single_figure
from models.builtin.written import write_result

_TOOL = re.compile(r"^- (\w+)\(.*\)$", re.M)
_RESULT = re.compile(r"^\$(\S+) = \w+\(", re.M)
_STATE = re.compile(r"^\$\S+: (?:done|failed|waiting|not run)", re.M)
_LOST = re.compile(r"\$(\d+)")
_WANTING, _NO_STEPS, _MAY_REPLAN = "Not enough for an answer:", "(no step was taken)", "`Replan:`"
_VALUE_ALONE = re.compile(r"value alone")
_TEXT = re.compile(r"\AText:\n(.*)\nQuestion: ([^\n]*)\Z", re.S)


def answer_plan(messages: Sequence[BaseMessage]) -> str | None:
    """What a planner, a joiner or a reader of values says; None for every other prompt."""
    asked = [message for message in messages if isinstance(message, HumanMessage)]
    system = "\n\n".join(clean(message.text) for message in messages if message.type == "system")
    last = clean(asked[-1].text) if asked else ""
    if _VALUE_ALONE.search(system) and (match := _TEXT.match(last)):
        return read_value(match[2], "\n".join(line.removeprefix("  ") for line in match[1].strip("\n").splitlines()))
    names = frozenset(_TOOL.findall(system))
    if not names or "join()" not in system:
        return None
    own = [clean(message.text).strip() for message in asked if not message.additional_kwargs.get("example")]
    again, results = _STATE.search(last) is not None, _RESULT.search(last) is not None or _NO_STEPS in last
    *before, question = own[:-1] if (again or results) and len(own) > 1 else own or [""]
    planner = Planner(question, names, _tables(system), whole(tuple(before)))
    if results:
        return join(planner, last)
    planned = len(planner.lines)
    if again:
        planner.again(_LOST.findall(last.partition(_WANTING)[2].partition("\n")[0]))
    return "\n".join([*planner.lines[planned if again else 0 :], "join()"])


def _tables(system: str) -> list[Table]:
    """Of the overview in the description of `query_database`."""
    _, _, after = system.partition("\n- query_database(")
    own = re.split(r"^- ", after, maxsplit=1, flags=re.M)[0]
    return read_overview("\n".join(line.strip() for line in own.splitlines()))


def join(planner: Planner, said: str) -> str:
    """From the results, each under the head of its step."""
    if not planner.parts:
        return say("empty", planner.chinese)
    results = _results(said)
    lost = [one.value for part in planner.parts for one in part.operands if one.query and not _found(one, results)]
    planned = len(planner.lines)
    planner.again([id for id in lost if id])
    if len(planner.lines) > planned and str(planned + 1) not in results and _MAY_REPLAN in said:
        return f"Replan: no single figure in {', '.join(f'${id}' for id in lost)}"
    texts = [_answer(part, results, planner.chinese) for part in planner.parts]
    if len(texts) > 1:
        texts = [f"**{part.text}**\n\n{text}" for part, text in zip(planner.parts, texts, strict=True)]
    return "\n\n".join(texts)


def _results(said: str) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in said.splitlines():
        if match := _RESULT.match(line):
            lines = found.setdefault(match[1], [])
        elif line.startswith("  "):
            lines.append(line[2:])
        elif line.strip():
            lines = []
    return {id: "\n".join(own).strip("\n") for id, own in found.items()}


def _failed(text: str | None) -> bool:
    return text is None or text.startswith(("Error:", "Not run:", "Not called:", "Not finished:"))


def _answer(part: Part, results: Mapping[str, str], chinese: bool) -> str:
    if part.said:
        return say(part.said, chinese)
    if part.compound is not None:
        return _answer_compound(part, results, chinese)
    value = results.get(part.value or "")
    if part.query is None and part.value is not None and part.search is None:
        return _bold(value or "") if not _failed(value) else _problem("calculator", value, chinese)
    told = part.query is not None and value is not None and not _failed(value)
    rows = read_table(value or "")
    if told and (part.search is None or (rows is not None and rows.rows)):
        return write_result(value or "", results.get(part.query or "", ""), chinese)
    if part.search and (quotes := find_quotes(part.text, read_passages(results.get(part.search, "")))):
        return write_quotes(quotes)
    if told:
        return write_result(value or "", results.get(part.query or "", ""), chinese)
    if part.search or part.query:
        return say("nothing", chinese, question=short(part.text))
    return say("cannot", chinese)


def _answer_compound(part: Part, results: Mapping[str, str], chinese: bool) -> str:
    """The sum, then what each figure in it rests on."""
    value = results.get(part.value or "")
    head = _bold(value or "") if not _failed(value) else _missing(part, results, chinese)
    found = [(one.text, _answer(one, results, chinese)) for one in part.operands if _found(one, results)]
    return "\n\n".join([head, *(_below(text, answer, chinese) for text, answer in found)])


def _below(text: str, answer: str, chinese: bool) -> str:
    block = answer.startswith((">", "|"))
    return f"{text}{'：' if chinese else ':'}{chr(10) * 2 if block else '' if chinese else ' '}{answer}"


def _found(part: Part, results: Mapping[str, str]) -> bool:
    return single_figure(results.get(part.value or "", ""))


def _missing(part: Part, results: Mapping[str, str], chinese: bool) -> str:
    lost = [one.text for one in part.operands if not _found(one, results)]
    if lost:
        return say("no_figure", chinese, what=short("、".join(lost) if chinese else ", ".join(lost)))
    return _problem("calculator", results.get(part.value or ""), chinese)


def _problem(tool: str, text: str | None, chinese: bool) -> str:
    return say("failed", chinese, tool=tool, error=short((text or "").removeprefix("Error: ")))


def _bold(text: str) -> str:
    text = text.strip()
    at = max(text.rfind(sign) for sign in "=≈") + 1
    return f"{text[:at]} **{text[at:].strip()}**".strip()
