"""What is wrong with rows to train on, or has to be known of them, before anybody pays for a training."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, cast

from cairn.core.clean_text import has_cjk, normalise
from cairn.core.secrets import scrubbed
from cairn.evals.cases import Case
from cairn.evals.personal_data import personal_data_in
from cairn.evals.set_check import ALIKE, SHORTEST, jaccard
from cairn.evals.training_rows import Message, TrainingRow
from cairn.language.words import content_terms
from cairn.memory.secret_detection import secret_in
from cairn.models.token_counts import TokenCounter

_MUCH = 0.8
_FEW = 10
_RARE = 0.1
_LONGER = 4
_MARKUP = re.compile(r"^(?:#+|[-*]|\d+[.)]) |```|\*\*", re.MULTILINE)


@dataclass
class TrainingSummary:
    """`rows` that can be trained on; `left_out`: ids of the others, by why; `told`: what is to be known of those that
    are in. `tokens`: of all rows, by an approximate count unless the model's own is there; `longest`: of one.
    `untaught`: labels of the held-out set that no row has."""

    rows: list[TrainingRow] = field(default_factory=list[TrainingRow])
    left_out: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    told: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    tokens: int = 0
    longest: int = 0
    untaught: tuple[str, ...] = ()

    @property
    def kinds(self) -> Counter[str]:
        return Counter(row.kind for row in self.rows)

    @property
    def balanced(self) -> list[TrainingRow]:
        """In an order of which every first part has its share of each kind, so that parts can be tried."""
        place = random.Random(0).random  # noqa: S311 (not a secret)
        seen = Counter[str]()
        order: list[tuple[float, int]] = []
        for number, row in enumerate(self.rows):
            order.append(((seen[row.kind] + place()) / self.kinds[row.kind], number))
            seen[row.kind] += 1
        return [self.rows[number] for _, number in sorted(order)]

    @property
    def unbalanced(self) -> str | None:
        """What the model could learn instead of reading the question."""
        if len(self.rows) < _FEW:
            return f"only {len(self.rows)} rows: a training set of fewer than {_FEW} teaches next to nothing"
        kind, count = self.kinds.most_common(1)[0]
        share = count / len(self.rows)
        return f"{share:.0%} are {kind}: the model may learn to say nothing else" if share > _MUCH else None

    def as_dict(self) -> dict[str, Any]:
        return {
            "rows": len(self.rows),
            "kinds": dict(self.kinds),
            "tokens": self.tokens,
            "longest": self.longest,
            "left_out": self.left_out,
            "told": self.told,
            "unbalanced": self.unbalanced,
            "untaught": list(self.untaught),
        }

    def leave_out(self, id: str, why: str) -> None:
        self.left_out.setdefault(why, []).append(id)


class TrainingChecks:
    """Takes one row after the other into a summary.

    `held_out`: questions that must not be trained on, nor any like them. `most`: tokens that a row may have.
    """

    def __init__(
        self, summary: TrainingSummary, count: TokenCounter, held_out: Sequence[Case] = (), most: int | None = None
    ) -> None:
        self._summary = summary
        self._count = count
        self._held_out = [(_asked(case.question), _terms(case.question)) for case in held_out]
        self._groups = {case.group for case in held_out if case.group}
        self._labels = dict.fromkeys(case.label for case in held_out if case.label)
        self._most = most
        self._known: dict[str, str] = {}

    def add(self, row: TrainingRow) -> None:
        """Into the rows, or the reason why not into what is left out."""
        tokens = sum(self._count(text) for text in [*row.texts(), json.dumps(row.tools)])
        asked, answer = _asked(row.question), json.dumps(row.messages[-1], ensure_ascii=False)
        said = json.dumps([one for one in row.messages if one["role"] != "system"], ensure_ascii=False)
        if why := self._why_not(row, tokens, asked, said):
            self._summary.leave_out(row.id, why)
            return
        if self._known.setdefault(asked, answer) != answer:
            self._tell(row.id, "the same question has another answer elsewhere")
        self._known[said] = row.id
        for told in [*row.doubts, *_personal(row)]:
            self._tell(row.id, told)
        self._summary.rows.append(row)
        self._summary.tokens += tokens
        self._summary.longest = max(self._summary.longest, tokens)

    def end(self) -> None:
        """What only all rows together show: labels that none teaches, and answers of another style than the others."""
        self._summary.untaught = tuple(label for label in self._labels if label not in self._summary.kinds)
        for told, ids in drifting(self._summary.rows).items():
            self._summary.told.setdefault(told, []).extend(ids)

    def _why_not(self, row: TrainingRow, tokens: int, asked: str, said: str) -> str | None:
        if any(scrubbed(text) != text for text in row.texts()) or any(secret_in(text) for text in _said(row)):
            return "it holds a secret"
        if wrong := wrong_roles(row.messages) or wrong_calls(row):
            return wrong
        if row.group in self._groups:
            return "its group is in the held-out set"
        if self._leaks(row.question, asked):
            return "its question is in the held-out set, or almost"
        if said in self._known:
            return "it is there already"
        if self._most is not None and tokens > self._most:
            return f"it has more than {self._most:,} tokens"
        return None

    def _leaks(self, question: str, asked: str) -> bool:
        terms = _terms(question)
        return any(
            asked == other or (min(len(terms), len(known)) >= SHORTEST and jaccard(terms, known) >= ALIKE)
            for other, known in self._held_out
        )

    def _tell(self, id: str, told: str) -> None:
        self._summary.told.setdefault(told, []).append(id)


def wrong_roles(messages: Sequence[Message]) -> str | None:
    """What of the roles no chat model would be sent: who speaks when, and which results belong to which calls."""
    roles = [message["role"] for message in messages]
    if roles[-1:] != ["assistant"]:
        return "it does not end with the assistant"
    if "user" not in roles or "system" in roles[1:]:
        return "it has no question, or a system message in the middle"
    waiting: set[str] = set()
    for message in messages:
        if message["role"] == "tool":
            if message.get("tool_call_id") not in waiting:
                return "a tool's result belongs to no call"
            waiting.discard(message["tool_call_id"])
        elif waiting:
            return "a call has no result"
        elif message["role"] == "assistant":
            waiting = {call["id"] for call in message.get("tool_calls") or ()}
            if not (message.get("content") or waiting):
                return "the assistant says nothing"
    return None


def wrong_calls(row: TrainingRow) -> str | None:
    """What of its calls the tools that stand in the row can't be called with."""
    known = {tool["function"]["name"]: tool["function"].get("parameters", {}) for tool in row.tools}
    for call in (call for message in row.messages for call in message.get("tool_calls") or ()):
        name, given = call["function"]["name"], _object(call["function"]["arguments"])
        if name not in known:
            return "it calls a tool that it was not given"
        if given is None:
            return "a call's arguments are no JSON object"
        asked = known[name].get("properties", given)
        if given.keys() - asked.keys() or set(known[name].get("required", ())) - given.keys():
            return "a call has arguments that its tool does not know, or lacks one"
    return None


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return cast(dict[str, Any], value) if isinstance(value, dict) else None


def drifting(rows: Sequence[TrainingRow]) -> dict[str, list[str]]:
    """Ids of answers whose form is that of fewer than a tenth, by what is other: a model learns the form of its rows,
    and can't learn from a few which of two it is to take."""
    answers = [(row, str(row.messages[-1]["content"] or "")) for row in rows if row.kind == "answer"]
    if len(answers) < _FEW:
        return {}
    usual = median(len(text) for _, text in answers)
    found: dict[str, list[str]] = {}
    for told, is_other in _FORMS.items():
        parts: dict[bool, list[str]] = {True: [], False: []}
        for row, text in answers:
            parts[is_other(row.question, text, usual)].append(row.id)
        fewer = min(parts.values(), key=len)
        if 0 < len(fewer) < _RARE * len(answers):
            found[f"{told} other than in nearly all"] = fewer
    return found


_FORMS: dict[str, Callable[[str, str, float], bool]] = {
    "the answer's language is": lambda question, text, _: has_cjk(text) != has_cjk(question),
    "the answer's markup is": lambda _, text, __: _MARKUP.search(text) is not None,
    "the answer's last mark is": lambda _, text, __: text.rstrip()[-1:] not in ".。!！?？",
    "the answer's length is": lambda _, text, usual: not usual / _LONGER <= len(text) <= usual * _LONGER,
}
"""What an answer's form is told by; see `drifting`."""


def _said(row: TrainingRow) -> Iterable[str]:
    """What people and models wrote, and what was looked up: not the names of tools, nor ids of calls."""
    for message in row.messages:
        yield str(message.get("content") or "")
        yield from (call["function"]["arguments"] for call in message.get("tool_calls") or ())


def _personal(row: TrainingRow) -> list[str]:
    return [f"holds {kind}" for kind in dict.fromkeys(kind for text in _said(row) for kind in personal_data_in(text))]


def _asked(question: str) -> str:
    return normalise(question).strip(" ?？.。!！")


def _terms(question: str) -> frozenset[str]:
    return frozenset(content_terms(normalise(question)))
