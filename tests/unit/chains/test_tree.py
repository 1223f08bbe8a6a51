"""Tree of thoughts against the breadth-first procedure of the paper, on the Game of 24, and within its limits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import permutations
from typing import Any

import pytest
from langchain_core.messages import BaseMessage

from cairn.chains.tree_of_thoughts import tree
from cairn.core.answer import Answer
from cairn.core.errors import TaskError
from cairn.core.events import listening
from cairn.core.registry import Plugin, register
from cairn.core.strategy import Reply
from cairn.core.task import Limits, Task, Tree
from cairn.models.builtin.builtin_chat import BuiltinChatModel
from cairn.ui.thought_tree import lines
from tests.scripted import ScriptedModel

WEIGHTS = {"sure": 20, "likely": 1, "impossible": 0.001}
BEAM, STEPS, SAMPLES = 5, 3, 3
QUESTION = "Make 24 of {}."
WIDE = Limits(model_calls=10_000, tokens=100_000_000)


def proposals(numbers: tuple[Fraction, ...]) -> list[str]:
    """Each way to put two numbers together, as the paper's proposer writes them."""
    found: list[str] = []
    for a, b in permutations(range(len(numbers)), 2):
        rest = [number for n, number in enumerate(numbers) if n not in (a, b)]
        made = [("+", numbers[a] + numbers[b]), ("-", numbers[a] - numbers[b]), ("*", numbers[a] * numbers[b])]
        made += [("/", numbers[a] / numbers[b])] if numbers[b] else []
        for sign, value in made:
            left = " ".join(map(str, sorted([*rest, value])))
            found.append(f"{numbers[a]} {sign} {numbers[b]} = {value} (left: {left})")
    return list(dict.fromkeys(found))


def left(thought: str) -> tuple[Fraction, ...]:
    return tuple(map(Fraction, thought.rpartition("left: ")[2].rstrip(")").split()))


def verdicts(thought: str) -> list[str]:
    """Three samples that differ, as a model's would, and depend on the numbers that are left alone."""
    numbers = left(thought)
    if numbers == (24,):
        return ["sure", "sure", "sure"]
    distance = int(abs(sum(numbers) - 24))
    return [("likely", "impossible", "sure")[(distance + n * len(numbers)) % 3] for n in range(SAMPLES)]


def reference(start: str) -> tuple[list[str], Counter[str], list[tuple[str, ...]]]:
    """`solve` of the paper's `bfs.py`: whose next thoughts were asked for, what was valued, what stood at the end."""
    proposed: list[str] = []
    valued: Counter[str] = Counter()
    cache: dict[str, float] = {}
    kept: list[tuple[str, ...]] = [()]
    for _ in range(STEPS):
        # generation
        candidates: list[tuple[str, ...]] = []
        for path in kept:
            proposed.append(path[-1] if path else start)
            candidates += [(*path, text) for text in proposals(left(path[-1] if path else f"left: {start}"))]
        # evaluation: a candidate that came before is worth nothing, a state that was valued is not valued again
        values: list[float] = []
        seen: set[tuple[str, ...]] = set()
        for path in candidates:
            if path in seen:
                values.append(0)
                continue
            seen.add(path)
            if path[-1] not in cache:
                valued[path[-1]] += SAMPLES
                cache[path[-1]] = sum(WEIGHTS[word] for word in verdicts(path[-1]))
            values.append(cache[path[-1]])
        # selection
        chosen = sorted(range(len(candidates)), key=lambda n: values[n], reverse=True)[:BEAM]
        kept = [candidates[n] for n in chosen]
    return proposed, valued, kept


class Player:
    """Answers each kind of call; `proposed` and `valued` are what it was asked."""

    def __init__(self, start: str) -> None:
        self.start = start
        self.proposed: list[str] = []
        self.valued: Counter[str] = Counter()
        self.answers: list[str] = []

    def say(self, messages: list[BaseMessage]) -> str:
        text = messages[-1].text
        steps = re.findall(r"^\d\. (.+)$", text, re.MULTILINE)
        last = steps[-1] if steps else self.start
        if "possible next steps" in text:
            self.proposed.append(last)
            return "\n".join(f"- {line}" for line in proposals(left(last if steps else f"left: {last}")))
        if "value: sure" in text:
            said = verdicts(last)[self.valued[last] % SAMPLES]
            self.valued[last] += 1
            return f"The numbers were looked at.\nvalue: {said}"
        self.answers.append(last)
        return f"From {last}"


def run(say: Callable[[list[BaseMessage]], str], task: Task, question: str) -> tuple[Reply, list[Any], list[str]]:
    trees: list[Any] = []
    notices: list[str] = []

    def hear(type: str, data: Any) -> None:
        if type == "tree":
            trees.append(data["nodes"])
        if type == "notice":
            notices.append(data["text"])

    with listening(hear):
        reply = tree(task, [], ScriptedModel(*[say] * 5_000)).invoke(question)
    return reply, trees, notices


def game(limits: Limits = WIDE, **changed: Any) -> Task:
    spec = Tree(width=100, beam=BEAM, depth=STEPS, samples=SAMPLES, values="last").model_copy(update=changed)
    return Task(name="game", strategy="tree", tree=spec, limits=limits)


@pytest.mark.parametrize("start", ["4 9 10 13", "1 1 4 6", "2 3 5 12"])
def test_its_visits_are_those_of_the_paper(start: str) -> None:
    player = Player(start)
    reply, trees, notices = run(player.say, game(), QUESTION.format(start))
    proposed, valued, kept = reference(start)
    assert player.proposed == proposed
    assert player.valued == valued
    nodes = {node["id"]: node for node in trees[-1]}
    last = [node for node in nodes.values() if node["kept"] and depth(nodes, node) == STEPS]
    assert Counter(node["text"] for node in last) == Counter(path[-1] for path in kept)
    assert player.answers == [kept[0][-1]] and reply == Reply(f"From {kept[0][-1]}")
    assert (len(trees), notices) == (STEPS, [])


def depth(nodes: dict[int, Any], node: Any) -> int:
    return 1 + (depth(nodes, nodes[node["parent"]]) if node["parent"] is not None else 0)


def test_a_checker_chooses_in_the_place_of_the_best_value() -> None:
    def third(question: str, answer: Answer) -> float:
        player.looked += 1
        return float(player.looked == 3)

    class Counting(Player):
        looked = 0

    register(Plugin("checker", "third", third))
    player = Counting("4 9 10 13")
    reply, _, _ = run(player.say, game(checker="third"), QUESTION.format(player.start))
    _, _, kept = reference(player.start)
    assert player.answers == [path[-1] for path in kept[:3]]
    assert reply.text == f"From {kept[2][-1]}"


@pytest.mark.parametrize("calls", [1, 2, 5, 40, 150])
def test_no_more_calls_are_made_than_the_limit_and_one_is_left_for_the_answer(calls: int) -> None:
    player = Player("4 9 10 13")
    reply, _, notices = run(player.say, game(Limits(model_calls=calls)), QUESTION.format(player.start))
    assert len(player.proposed) + player.valued.total() + len(player.answers) <= calls
    assert len(player.answers) == 1
    assert reply.stopped_by == "model_calls"
    assert notices == ["Limit reached: model_calls. This is the best answer so far."]


def test_tokens_are_bounded() -> None:
    player = Player("4 9 10 13")
    reply, _, _ = run(player.say, game(Limits(model_calls=1_000, tokens=2_000)), QUESTION.format(player.start))
    assert reply.stopped_by == "tokens"


def test_thoughts_can_be_sampled_and_equal_ones_count_once() -> None:
    said = iter(["one", "two", "one"])

    def say(messages: list[BaseMessage]) -> str:
        text = messages[-1].text
        if "next step alone" in text:
            return next(said)
        return "So.\nvalue: likely" if "value: sure" in text else "Done."

    reply, trees, _ = run(say, game(by="sample", width=3, depth=1, beam=1), "Which?")
    assert [(node["text"], node["value"], node["kept"]) for node in trees[-1]] == [("one", 3, True), ("two", 3, False)]
    assert lines(trees[-1]) == "● one (3)\n○ two (3)"
    assert reply.text == "Done."


def test_what_is_no_verdict_counts_nothing() -> None:
    def say(messages: list[BaseMessage]) -> str:
        text = messages[-1].text
        return "- a\n- b" if "possible next steps" in text else "Who knows" if "value: sure" in text else "Done."

    _, trees, _ = run(say, game(depth=1), "Which?")
    assert [node["value"] for node in trees[-1]] == [0, 0]


def test_a_tree_is_drawn_with_each_thought_below_its_parent() -> None:
    nodes: Any = [
        {"id": 0, "parent": None, "text": "a", "value": 60.0, "kept": True},
        {"id": 1, "parent": None, "text": "b", "value": None, "kept": False},
        {"id": 2, "parent": 0, "text": "c", "value": 0.003, "kept": True},
    ]
    assert lines(nodes) == "● a (60)\n  ● c (0.003)\n○ b"


def test_a_model_that_writes_nothing_is_refused() -> None:
    with pytest.raises(TaskError, match="strategy: tree"):
        tree(Task(name="game", strategy="tree"), [], BuiltinChatModel())
