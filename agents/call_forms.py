"""What models write calls by, as grammars of just these tools: the lines of a plan, the steps of `react_text`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.tools import BaseTool

from cairn.agents.plan.plan_steps import MAX_STEPS
from cairn.agents.plan.plan_validation import schema_of
from cairn.models.answer_forms import AnswerForm, quoted

_TYPES = {"string": "string", "number": "number", "integer": "number", "boolean": "boolean", "array": "list"}
_JSON = r"""
value ::= string | number | boolean | "null" | list | object
string ::= "\"" ([^"\\\x00-\x1f] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4}))* "\""
number ::= "-"? [0-9]{1,15} ("." [0-9]{1,15})?
boolean ::= "true" | "false"
list ::= "[" (value (", " value)*)? "]"
object ::= "{" (string ": " value (", " string ": " value)*)? "}"
"""
_PLAN = r"""
value ::= string | number | boolean | "null" | list | object | "$" [1-9] [0-9]?
string ::= "$" [1-9] [0-9]? | "\"" ([^"\\\x00-\x1f] | "\\" ["\\/bfnrt$])* "\""
number ::= "$" [1-9] [0-9]? | "-"? [0-9]{1,15} ("." [0-9]{1,15})?
boolean ::= "true" | "false"
list ::= "[" (value (", " value)*)? "]"
object ::= "{" (string ": " value (", " string ": " value)*)? "}"
"""


def plan_form(tools: Sequence[BaseTool], first: int = 1, most: int = MAX_STEPS) -> AnswerForm:
    """At most so many numbered lines `1. tool(name=value)` from `first` on, then `join()`."""
    calls = [f"{quoted(f'{tool.name}(')} {_arguments(tool, '{}=')} {quoted(')')}" for tool in tools]
    last = first + min(most, MAX_STEPS) - 1
    steps = [f'"join()" | "{n}. " call "\\n" step-{n + 1}' for n in range(first, last + 1)]
    rules = [f"step-{n} ::= {step}" for n, step in enumerate([*steps, '"join()"'], first)]
    grammar = "\n".join([f"root ::= step-{first}", *rules, f"call ::= {' | '.join(calls)}"])
    return AnswerForm(grammar + _PLAN, rf"(?:\d+\. (?:{_names(tools)})\([^\n]*\)\n)*join\(\)")


def step_form(tools: Sequence[BaseTool]) -> AnswerForm:
    """A thought, then a call with its arguments in JSON, or the final answer."""
    calls = [f'{quoted(tool.name)} "\\nAction Input: {{" {_arguments(tool, _IN_JSON)} "}}"' for tool in tools]
    steps = " | ".join([r'"Final Answer: " [^\x00]+', *(f'"Action: " {call}' for call in calls)])
    action = rf"Action: (?:{_names(tools)})\nAction Input: \{{[^\n]*\}}"
    return AnswerForm(
        rf'root ::= "Thought: " [^\n]+ "\n" ({steps}){_JSON}', rf"Thought: [^\n]+\n(?:{action}|Final Answer: .+)"
    )


_IN_JSON = '"{}": '


def _arguments(tool: BaseTool, name: str) -> str:
    """Those that a tool needs in their order, then what it may be given."""
    schema = schema_of(tool)
    fields: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
    pairs = {key: f"{quoted(name.format(key))} ({_rule(field)})" for key, field in fields.items()}
    needed = [pairs.pop(key) for key in schema.get("required", ()) if key in pairs]
    comma = '", "'
    if needed:
        return " ".join([f" {comma} ".join(needed), *(f"({comma} {pair})?" for pair in pairs.values())])
    any_pair = f"({' | '.join(pairs.values())})"
    return f"({any_pair} ({comma} {any_pair}){{0,{len(pairs) - 1}}})?" if pairs else '""'


def _rule(field: Mapping[str, Any]) -> str:
    kinds = [str(option.get("type")) for option in field.get("anyOf", [field])]
    return " | ".join(dict.fromkeys(_TYPES.get(kind, "value") for kind in kinds if kind != "null"))


def _names(tools: Sequence[BaseTool]) -> str:
    return "|".join(re.escape(tool.name) for tool in tools) or r"(?!)"
