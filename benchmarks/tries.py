"""What more than one try is worth, on answers that models really gave, recorded by others; no model is called.

Game of 24: a hundred chains of thought of GPT-4 for each of a hundred puzzles (princeton-nlp/tree-of-thought-llm). One
sample, the vote over n, and the best of n by a checker, which reckons whether a formula uses the four numbers and makes
24; the mean over the samples' order, drawn 200 times. Spider: the vote over five recorded systems, all of them asked,
and adaptive: how many answers that takes, and whether any outcome differs.

    python -m benchmarks.tries
"""

from __future__ import annotations

import csv
import json
import os
import random
import re
import statistics
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from benchmarks import voting
from cairn.chains.tries.voting import Cluster, clusters, next_wave, plurality, rank, vote

DATA = Path(os.environ["CAIRN_TEST_DATA"])
COUNTS = (1, 2, 5, 10, 20, 50, 100)
DRAWS, SEED = 200, 24


def main() -> None:
    game_of_24()
    print()
    spider()


def game_of_24() -> None:
    with (DATA / "game24" / "puzzles.csv").open(encoding="utf-8", newline="") as file:
        numbers = [[int(number) for number in row["Puzzles"].split()] for row in csv.DictReader(file)]
    recorded = json.loads((DATA / "game24" / "gpt4_cot_100_samples.json").read_text("utf-8"))
    tried = [[_answer(sample) for sample in puzzle["ys"]] for puzzle in recorded]
    right = [
        [makes_24(answer, numbers[int(puzzle["idx"])]) for answer in row]
        for puzzle, row in zip(recorded, tried, strict=True)
    ]
    agree = statistics.mean(
        mark == bool(info["r"])
        for puzzle, marks in zip(recorded, right, strict=True)
        for mark, info in zip(marks, puzzle["infos"], strict=True)
    )
    print(
        f"Game of 24: {len(recorded)} puzzles, 100 samples each; the checker and the recorded marks agree: {agree:.4f}"
    )
    print("| n | most frequent answer | best by the checker | tries that the checker needs |")
    print("| --- | --- | --- | --- |")
    for n in COUNTS:
        _tell(n, [_drawn(n, row, marks) for row, marks in zip(tried, right, strict=True)])


def _drawn(n: int, answers: Sequence[str], marks: Sequence[bool]) -> tuple[float, float, float]:
    """Right by the vote, right by the checker, and tries until it is, in the mean over draws of n samples."""
    draw, found = random.Random(SEED), list[tuple[float, float, float]]()
    for _ in range(DRAWS if n < len(answers) else 1):
        order = draw.sample(range(len(answers)), n)
        winner = Counter(answers[each] for each in order).most_common(1)[0][0]
        voted = marks[next(each for each in order if answers[each] == winner)]
        first = next((place for place, each in enumerate(order, 1) if marks[each]), None)
        found.append((voted, first is not None, first or n))
    return tuple(map(statistics.mean, zip(*found, strict=True)))  # type: ignore[return-value]


def _tell(n: int, puzzles: Sequence[tuple[float, float, float]]) -> None:
    vote, checked, made = map(statistics.mean, zip(*puzzles, strict=True))
    print(f"| {n} | {vote:.3f} | {checked:.3f} | {made:.1f} |", flush=True)


def _answer(sample: str) -> str:
    """The formula behind the last `Answer:`, without `= 24` and blanks."""
    said = sample.lower().rpartition("answer:")[2].strip().splitlines()
    return re.sub(r"\s|=.*", "", said[0]) if said else ""


def makes_24(formula: str, numbers: Sequence[int]) -> bool:
    """Whether it uses each number once and comes to 24, in exact arithmetic."""
    used = sorted(map(int, re.findall(r"\d+", formula)))
    if not re.fullmatch(r"[\d+\-*/()]{1,60}", formula) or "//" in formula or "**" in formula or used != sorted(numbers):
        return False
    try:
        return eval(re.sub(r"(\d+)", r"Fraction(\1)", formula), {"Fraction": Fraction}) == 24  # digits and signs only
    except (SyntaxError, ZeroDivisionError, TypeError):
        return False


def spider() -> None:
    cases = [case.of(len(voting.FIVE)) for case in voting.load()]
    whole = [vote(case.results)[0] for case in cases]
    both = [_adaptive(case.results) for case in cases]
    adaptive, asked = [winner for winner, _ in both], statistics.mean(made for _, made in both)
    shares = [voting.accuracy(cases, chosen) for chosen in (whole, adaptive)]
    differ = sum(_differ(case.results, one, two) for case, one, two in zip(cases, whole, adaptive, strict=True))
    print(f"Spider, {len(cases)} questions, five recorded systems, official: {shares[0]:.2f}, adaptive {shares[1]:.2f}")
    print(f"answers asked for: {asked:.2f} of 5 ({1 - asked / 5:.1%} saved); outcomes that differ: {differ}")


def _adaptive(results: Sequence[Any]) -> tuple[int | None, int]:
    """The winner, and how many were asked for."""
    made, found = 0, list[Cluster]()
    while made < len(results) and (count := next_wave(found, len(results) - made)):
        made += count
        found = rank(clusters(results[:made]), plurality)
    return (found[0].first if found else None), made


def _differ(results: Sequence[Any], one: int | None, two: int | None) -> bool:
    if one is None or two is None:
        return one is not two
    return len(clusters([results[one], results[two]])) > 1


if __name__ == "__main__":
    main()
